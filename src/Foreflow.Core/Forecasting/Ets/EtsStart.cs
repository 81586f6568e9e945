using Foreflow.Core.Forecasting.Decomposition;

namespace Foreflow.Core.Forecasting.Ets;

/// <summary>Initial states to start an estimate at, read off a decomposition of the whole series.</summary>
/// <param name="Mean">Level of the first seasonally adjusted observations.</param>
/// <param name="Intercept">Level before the first observation on the line through them.</param>
/// <param name="Slope">Slope of that line, a step.</param>
/// <param name="Season">The first cycle, additive (sum 0) or multiplicative (mean 1); empty without season.</param>
internal sealed record EtsStart(double Mean, double Intercept, double Slope, double[] Season)
{
    private const int LeastPoints = 10;

    /// <param name="filled">The series without missing values.</param>
    public static EtsStart Of(double[] filled, EtsKind kind, int period)
    {
        if (kind == EtsKind.None) return On(filled.AsSpan(0, Math.Min(LeastPoints, filled.Length)), []);

        var logarithmic = kind == EtsKind.Multiplicative;
        var series = logarithmic ? Array.ConvertAll(filled, Math.Log) : filled;
        var parts = SeasonalTrendDecomposition.Decompose(series, [period]);
        var season = parts.Seasons[0][..period];
        var adjusted = parts.Adjusted.AsSpan(0, Math.Min(Math.Max(LeastPoints, 2 * period), filled.Length)).ToArray();
        if (logarithmic)
        {
            season = Array.ConvertAll(season, Math.Exp);
            adjusted = Array.ConvertAll(adjusted, Math.Exp);
            var mean = season.Average();
            for (var i = 0; i < period; i++) season[i] /= mean;
        }
        else
        {
            var mean = season.Average();
            for (var i = 0; i < period; i++) season[i] -= mean;
        }
        return On(adjusted, season);
    }

    private static EtsStart On(ReadOnlySpan<double> adjusted, double[] season)
    {
        var n = adjusted.Length;
        double mean = 0, moment = 0, spread = 0;
        foreach (var value in adjusted) mean += value / n;
        var centre = (n + 1) / 2.0;
        for (var i = 0; i < n; i++)
        {
            moment += (i + 1 - centre) * (adjusted[i] - mean);
            spread += (i + 1 - centre) * (i + 1 - centre);
        }
        var slope = spread > 0 ? moment / spread : 0;
        return new EtsStart(mean, mean - (slope * centre), slope, season);
    }
}
