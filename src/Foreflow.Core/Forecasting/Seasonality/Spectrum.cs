using System.Numerics;
using MathNet.Numerics.IntegralTransforms;

namespace Foreflow.Core.Forecasting.Seasonality;

/// <summary>Suggests periods: the peaks of the periodogram, and their small multiples, placed on the nearest peak of the autocorrelation.</summary>
/// <remarks>Source: Vlachos, Yu and Castelli (2005), "On periodicity detection and structural periodic similarity".</remarks>
internal static class Spectrum
{
    private const int Peaks = 8;

    /// <summary>A peak may be a harmonic of the season: the season is then a small multiple of its period.</summary>
    private const int MostMultiple = 4;

    /// <summary>The periods suggested, ascending, none longer than a third of the series.</summary>
    public static SortedSet<int> SuggestPeriods(double[] series)
    {
        var suggested = new SortedSet<int>();
        var n = series.Length;
        if (n < 8) return suggested;

        var changes = new double[n - 1];
        for (var t = 1; t < n; t++) changes[t - 1] = series[t] - series[t - 1];
        var (power, correlation) = PowerAndAutocorrelation(changes);
        foreach (var (frequency, padded) in StrongestPeaks(power, n))
        {
            for (var multiple = 1; multiple <= MostMultiple; multiple++)
            {
                // The true period lies between those of the neighbouring frequencies.
                var least = (int)Math.Floor(multiple * padded / (frequency + 1.0));
                var most = (int)Math.Ceiling(multiple * padded / Math.Max(0.5, frequency - 1.0));
                var best = 0;
                for (var lag = Math.Max(2, least); lag <= Math.Min(n / 3, most); lag++)
                {
                    if (best == 0 || correlation[lag] > correlation[best]) best = lag;
                }
                // A smooth season returns almost as well a step early or late: let the test of cycles decide.
                if (best > 0 && correlation[best] > 0) suggested.UnionWith([Math.Max(2, best - 1), best, best + 1]);
            }
        }
        suggested.UnionWith(StrongestReturns(correlation, n / 3));
        return suggested;
    }

    /// <summary>The highest peaks of the autocorrelation: a jagged season has no strong overtone to betray it.</summary>
    private static IEnumerable<int> StrongestReturns(double[] correlation, int longest) =>
        Enumerable.Range(2, Math.Max(0, Math.Min(longest, correlation.Length - 2) - 1))
            .Where(lag => correlation[lag] > 0 && correlation[lag] > correlation[lag - 1] && correlation[lag] >= correlation[lag + 1])
            .OrderByDescending(lag => correlation[lag]).ThenBy(lag => lag)
            .Take(Peaks);

    /// <summary>
    /// Of the changes rather than the values: a wandering level would drown every peak. Changes lift high frequencies, which
    /// is taken back by dividing by the lift.
    /// </summary>
    private static (double[] Power, double[] Correlation) PowerAndAutocorrelation(double[] changes)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)(2 * changes.Length));
        var transform = new Complex[size];
        for (var t = 0; t < changes.Length; t++) transform[t] = changes[t];
        Fourier.Forward(transform, FourierOptions.AsymmetricScaling);
        var power = new double[size / 2];
        for (var k = 1; k < power.Length; k++)
        {
            var lift = 2 * Math.Sin(Math.PI * k / size);
            power[k] = transform[k].Magnitude * transform[k].Magnitude / Math.Max(lift, 1e-3);
        }
        for (var k = 0; k < size; k++) transform[k] = transform[k].Magnitude * transform[k].Magnitude;
        Fourier.Inverse(transform, FourierOptions.AsymmetricScaling);
        return (power, [.. transform.Take(changes.Length).Select(value => value.Real)]);
    }

    private static IEnumerable<(int Frequency, int Padded)> StrongestPeaks(double[] power, int length)
    {
        var padded = 2 * power.Length;
        var lowest = Math.Max(1, 3 * padded / length);
        return Enumerable.Range(lowest, Math.Max(0, power.Length - 1 - lowest))
            .Where(k => power[k] > power[k - 1] && power[k] >= power[k + 1])
            .OrderByDescending(k => power[k]).ThenBy(k => k)
            .Take(Peaks)
            .Select(k => (k, padded));
    }
}
