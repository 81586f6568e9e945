using Foreflow.Core.Forecasting.Decomposition;

namespace Foreflow.Core.Forecasting.Theta;

/// <summary>Seasons taken out of a series and put back: the last cycle of each period, added or multiplied.</summary>
internal sealed class SeasonalCycles
{
    private readonly double[][] _cycles;

    private SeasonalCycles(double[][] cycles, bool isMultiplicative)
    {
        _cycles = cycles;
        IsMultiplicative = isMultiplicative;
    }

    /// <summary>True where the season is a factor.</summary>
    public bool IsMultiplicative { get; }

    /// <summary>Periods with a cycle.</summary>
    public IEnumerable<int> Periods => _cycles.Select(cycle => cycle.Length);

    /// <summary>Decomposes a series.</summary>
    /// <param name="filled">Without missing values; above 0 throughout for a multiplicative season.</param>
    /// <param name="periods">Each held twice at least.</param>
    /// <returns>The cycles, and the series without them.</returns>
    public static (SeasonalCycles Cycles, double[] Adjusted) Of(double[] filled, IReadOnlyList<int> periods, bool isMultiplicative)
    {
        if (periods.Count == 0) return (new SeasonalCycles([], isMultiplicative), filled);
        var parts = SeasonalTrendDecomposition.Decompose(isMultiplicative ? Array.ConvertAll(filled, Math.Log) : filled, periods);
        var cycles = new double[periods.Count][];
        for (var i = 0; i < cycles.Length; i++)
        {
            cycles[i] = parts.Seasons[i][^periods[i]..];
            if (isMultiplicative) cycles[i] = Array.ConvertAll(cycles[i], Math.Exp);
        }
        var adjusted = isMultiplicative ? Array.ConvertAll(parts.Adjusted, Math.Exp) : parts.Adjusted;
        return (new SeasonalCycles(cycles, isMultiplicative), adjusted);
    }

    /// <summary>The season of a step after the history's end, 0 for the first: a factor, or what is added.</summary>
    public double At(long step)
    {
        var season = IsMultiplicative ? 1.0 : 0.0;
        foreach (var cycle in _cycles)
        {
            var value = cycle[step % cycle.Length];
            season = IsMultiplicative ? season * value : season + value;
        }
        return season;
    }
}
