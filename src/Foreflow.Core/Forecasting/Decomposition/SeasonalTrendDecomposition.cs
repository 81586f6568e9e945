using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Decomposition;

/// <summary>A series as the sum of one seasonal component per period, and the seasonally adjusted rest (trend and remainder).</summary>
/// <param name="Periods">Seasonal periods in steps, ascending.</param>
/// <param name="Seasons">One component per period, each as long as the series.</param>
/// <param name="Adjusted">The series less all seasonal components.</param>
internal sealed record SeasonalParts(IReadOnlyList<int> Periods, IReadOnlyList<double[]> Seasons, double[] Adjusted);

/// <summary>STL, and MSTL for several periods: seasonal components found in turn by local regression.</summary>
/// <remarks>
/// Sources: Cleveland, Cleveland, McRae and Terpenning (1990), "STL: A seasonal-trend decomposition procedure based on
/// loess"; Bandara, Hyndman and Bergmeir (2021), "MSTL: A seasonal-trend decomposition algorithm for time series with
/// multiple seasonal patterns", with its default windows. Outliers are dealt with before, so the robust outer loop is left out.
/// </remarks>
internal static class SeasonalTrendDecomposition
{
    private const int Rounds = 2;
    private const int InnerRounds = 2;

    /// <summary>Decomposes a series without gaps.</summary>
    /// <param name="periods">Periods, ascending; each must be held at least twice.</param>
    public static SeasonalParts Decompose(double[] series, IReadOnlyList<int> periods)
    {
        var seasons = new double[periods.Count][];
        var procedures = new Stl[periods.Count];
        for (var i = 0; i < periods.Count; i++)
        {
            seasons[i] = new double[series.Length];
            procedures[i] = new Stl(series.Length, periods[i], seasonalWindow: 11 + (4 * i));
        }

        var adjusted = (double[])series.Clone();
        var rounds = periods.Count > 1 ? Rounds : 1;
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < periods.Count; i++)
            {
                TensorPrimitives.Add(adjusted, seasons[i], adjusted);
                seasons[i] = procedures[i].Season(adjusted);
                TensorPrimitives.Subtract(adjusted, seasons[i], adjusted);
            }
        }
        return new SeasonalParts([.. periods], seasons, adjusted);
    }

    /// <summary>One STL with everything that depends only on length and period worked out beforehand.</summary>
    private sealed class Stl
    {
        private readonly int _length;
        private readonly int _period;
        private readonly LoessSmoother _trend;
        private readonly LoessSmoother _lowPass;
        private readonly LoessSmoother _longCycle;
        private readonly LoessSmoother _shortCycle;

        public Stl(int length, int period, int seasonalWindow)
        {
            _length = length;
            _period = period;
            var trendWindow = NextOdd((int)Math.Ceiling(1.5 * period / (1 - (1.5 / seasonalWindow))));
            _trend = new LoessSmoother(length, trendWindow, degree: 1);
            _lowPass = new LoessSmoother(length, NextOdd(period), degree: 1);
            // Phases before length % period have one value more than the others.
            _longCycle = new LoessSmoother((length + period - 1) / period, seasonalWindow, degree: 0, extension: 1);
            _shortCycle = new LoessSmoother(length / period, seasonalWindow, degree: 0, extension: 1);
        }

        public double[] Season(double[] series)
        {
            var trend = new double[_length];
            var season = new double[_length];
            var rest = new double[_length];
            for (var round = 0; round < InnerRounds; round++)
            {
                TensorPrimitives.Subtract(series, trend, rest);
                var cycles = SmoothCycles(rest);
                var low = LowPass(cycles);
                TensorPrimitives.Subtract<double>(cycles.AsSpan(_period, _length), low, season);
                TensorPrimitives.Subtract(series, season, rest);
                trend = _trend.Smooth(rest);
            }
            return season;
        }

        /// <summary>Smooths each phase's values over the cycles; extends one period beyond both ends.</summary>
        private double[] SmoothCycles(double[] series)
        {
            var extended = new double[_length + (2 * _period)];
            for (var phase = 0; phase < _period; phase++)
            {
                var count = ((_length - 1 - phase) / _period) + 1;
                var cycle = new double[count];
                for (var k = 0; k < count; k++) cycle[k] = series[phase + (k * _period)];
                var smooth = (phase < _length % _period || _length % _period == 0 ? _longCycle : _shortCycle).Smooth(cycle);
                for (var k = 0; k < smooth.Length; k++) extended[phase + (k * _period)] = smooth[k];
            }
            return extended;
        }

        /// <summary>Two moving averages over a period, one over three steps and a local line: what the cycles hold of the trend.</summary>
        private double[] LowPass(double[] cycles) =>
            _lowPass.Smooth(MovingAverage(MovingAverage(MovingAverage(cycles, _period), _period), 3));

        private static double[] MovingAverage(double[] series, int window)
        {
            var averages = new double[series.Length - window + 1];
            double sum = 0;
            for (var t = 0; t < series.Length; t++)
            {
                sum += series[t];
                if (t >= window) sum -= series[t - window];
                if (t >= window - 1) averages[t - window + 1] = sum / window;
            }
            return averages;
        }

        private static int NextOdd(int value) => value % 2 == 1 ? value : value + 1;
    }
}
