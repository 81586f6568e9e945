using Foreflow.Core.Profiling;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>
/// A distribution of run times as a table of equally likely values, so that drawing from it, given that a task has
/// already run for a while, costs a look-up.
/// </summary>
internal readonly struct RuntimeTable
{
    private const int Size = 64;
    private readonly float[] _seconds;

    private RuntimeTable(float[] seconds) => _seconds = seconds;

    /// <summary>The table of a measured distribution; of a prior while fewer than three values were measured.</summary>
    public static RuntimeTable From(MeasureStatistics measured, double priorMeanSeconds)
    {
        var table = new float[Size];
        if (measured.Count >= 3)
        {
            var distribution = measured.ToDistribution();
            for (var i = 0; i < Size; i++) table[i] = (float)distribution.Quantile((i + 0.5) / Size);
            return new RuntimeTable(table);
        }

        // One or two measurements: they are the best guess of the middle, spread as run times usually are (log-normal, cv 0.5).
        var middle = measured.Count > 0 ? measured.Mean : priorMeanSeconds;
        for (var i = 0; i < Size; i++) table[i] = (float)(middle * Math.Exp(0.47 * NormalQuantile((i + 0.5) / Size) - 0.11));
        return new RuntimeTable(table);
    }

    public double Draw(double uniform)
    {
        var position = Math.Clamp((uniform * Size) - 0.5, 0, Size - 1.001);
        var i = (int)position;
        return _seconds[i] + ((position - i) * (_seconds[i + 1] - _seconds[i]));
    }

    /// <summary>Seconds still to go for a task that has run <paramref name="elapsed"/> seconds: drawn from P(X &lt;= x | X &gt; elapsed).</summary>
    public double DrawRemaining(double elapsed, double uniform)
    {
        var low = 0;
        var high = Size;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_seconds[middle] <= elapsed) low = middle + 1;
            else high = middle;
        }

        // Longer than nearly anything seen: what is left is of the size of the spread seen, or a tenth of the time so far where there was none.
        if (low >= Size - 1) return Math.Max(_seconds[Size - 1] - _seconds[Size / 2], 0.1 * elapsed) * uniform;
        var rank = (low + (uniform * (Size - low))) / Size;
        return Math.Max(0, Draw(rank) - elapsed);
    }

    private static double NormalQuantile(double p) => MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, p);
}
