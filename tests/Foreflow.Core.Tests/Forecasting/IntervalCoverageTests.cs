using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Intervals;

namespace Foreflow.Core.Tests.Forecasting;

/// <summary>How often 95 % intervals hold what comes, on generated series whose truth is known. Every series has its own seed.</summary>
public class IntervalCoverageTests
{
    private const int Length = 504;
    private const int Horizon = 24;
    private static readonly double[] Levels = [0.025, 0.975];

    /// <summary>
    /// 50 series of 24 steps: chance moves the share by 0.7 points where steps are strangers, by 1.5 where they hang together. Wider
    /// than 95 % is what little history is owed.
    /// </summary>
    [Theory]
    [InlineData(0.0, 0), InlineData(0.7, 0), InlineData(0.95, 0), InlineData(0.5, 24)]
    public void Gaussian_processes_are_covered_in_95_percent(double fading, int period)
    {
        double Season(int t) => period == 0 ? 0 : 10 * Math.Sin(2 * Math.PI * t / period);
        Assert.InRange(Coverage(50, seed => Autoregressive(seed, fading, Season), period), 0.94, 0.98);
    }

    [Fact]
    public void Wild_noons_and_calm_nights_are_covered_alike()
    {
        static bool IsNoon(int t) => t % 24 is >= 8 and < 20;
        double[] Make(int seed) => Autoregressive(seed, 0, t => 0, t => IsNoon(t) ? 6 : 1);
        Assert.InRange(Coverage(50, Make, 24, IsNoon), 0.93, 0.99);
        Assert.InRange(Coverage(50, Make, 24, t => !IsNoon(t)), 0.93, 0.99);
    }

    [Fact]
    public void After_a_shift_of_the_level_intervals_soon_cover_again()
    {
        double hits = 0, all = 0;
        for (var seed = 1; seed <= 12; seed++)
        {
            var series = Autoregressive(seed, 0.3, t => t < Length ? 0 : 40, length: Length + 200);
            var forecaster = Fit(series.AsSpan(0, Length), 0);
            for (var t = Length; t < series.Length; t++)
            {
                if (t >= Length + 80)
                {
                    var forecast = forecaster.Forecast(1, Levels);
                    all++;
                    if (series[t] >= forecast.Quantiles[0][0] && series[t] <= forecast.Quantiles[1][0]) hits++;
                }
                forecaster.Update(series[t]);
            }
        }
        Assert.InRange(hits / all, 0.9, 1);
    }

    [Fact]
    public void Where_calm_and_wild_times_take_turns_intervals_are_wider_than_those_of_a_steady_series()
    {
        var steady = Volatility(block => 1);
        var turning = Volatility(block => block % 8 == 4 ? 8 : 1);
        Assert.InRange(steady.Factor(0.05, 1.05), 1.05, 1.15);
        Assert.InRange(turning.Factor(0.05, 1.05), 1.2, 6);
        Assert.Equal(1.3, ErrorVolatility.Steady.Factor(0.05, 1.3));
    }

    [Fact]
    public void Errors_that_hang_together_and_change_their_size_count_for_fewer()
    {
        var strangers = Paths(40, 24, 0, block => 1);
        var together = Paths(40, 24, 0.9, block => 1);
        var turning = Paths(40, 24, 0, block => block % 4 == 3 ? 5 : 1);
        double Degrees(double[][] paths) => DegreesOfFreedom.Of(paths, ErrorCorrelation.Of(paths), 40 * 24, 24);
        Assert.InRange(Degrees(strangers), 300, 960);
        Assert.InRange(Degrees(together), 40, 300);
        Assert.InRange(Degrees(turning), 40, 60);
    }

    /// <summary>The sum of AR(1) values has a known spread, which single steps do not tell: Σ over the covariances of the errors.</summary>
    [Fact]
    public void Sums_of_sample_paths_have_the_quantiles_that_theory_gives_them()
    {
        const double fading = 0.9;
        double Weight(int k) => Enumerable.Range(0, k + 1).Sum(i => Math.Pow(fading, i));
        var theory = Math.Sqrt(Enumerable.Range(0, Horizon).Sum(k => Math.Pow(Weight(k), 2)));
        double hits = 0;
        var widths = new List<double>();
        const int count = 40;
        for (var seed = 1; seed <= count; seed++)
        {
            var series = Autoregressive(seed, fading);
            double[] sums = [.. Fit(series.AsSpan(0, Length), 0).SamplePaths(Horizon, 600, 5).Select(path => path.Sum()).Order()];
            widths.Add((sums[540] - sums[60]) / (2 * 1.2816 * theory));
            if (series[Length..].Sum() >= sums[60] && series[Length..].Sum() <= sums[540]) hits++;
        }
        Assert.InRange(widths.Average(), 0.75, 1.35);
        Assert.InRange(hits / count, 0.65, 0.95);
    }

    private static ErrorVolatility Volatility(Func<int, double> size)
    {
        var paths = Paths(160, 24, 0, k => size(k / 6));
        return ErrorVolatility.Of([.. Enumerable.Range(0, 160).Select(k => 100 + (24 * k))], paths, 11 * 24);
    }

    private static double[][] Paths(int count, int horizon, double fading, Func<int, double> size)
    {
        var random = new SeededNormal(11);
        return [.. Enumerable.Range(0, count).Select(k =>
        {
            var x = random.Next();
            return Enumerable.Range(0, horizon)
                .Select(_ => size(k) * (x = (fading * x) + (Math.Sqrt(1 - (fading * fading)) * random.Next()))).ToArray();
        })];
    }

    private static double Coverage(int count, Func<int, double[]> make, int period, Func<int, bool>? counts = null)
    {
        double hits = 0, all = 0;
        for (var seed = 1; seed <= count; seed++)
        {
            var series = make(seed);
            var forecast = Fit(series.AsSpan(0, Length), period).Forecast(Horizon, Levels);
            for (var step = 0; step < Horizon; step++)
            {
                if (counts?.Invoke(Length + step) == false) continue;
                all++;
                if (series[Length + step] >= forecast.Quantiles[0][step] && series[Length + step] <= forecast.Quantiles[1][step]) hits++;
            }
        }
        return hits / all;
    }

    private static EnsembleForecaster Fit(ReadOnlySpan<double> history, int period) =>
        new EnsembleModel().Fit(history, new EnsembleOptions { Horizon = Horizon, Periods = period > 0 ? [period] : [] });

    /// <summary>x(t) = φ x(t−1) + e(t), times a size and plus a level, both by time.</summary>
    private static double[] Autoregressive(
        int seed, double fading, Func<int, double>? level = null, Func<int, double>? size = null, int length = Length + Horizon)
    {
        var random = new SeededNormal((ulong)seed);
        var x = random.Next() / Math.Sqrt(1 - (fading * fading));
        var series = new double[length];
        for (var t = 0; t < series.Length; t++)
        {
            x = (fading * x) + random.Next();
            series[t] = (x * (size?.Invoke(t) ?? 1)) + (level?.Invoke(t) ?? 0);
        }
        return series;
    }
}
