using Foreflow.Core.Forecasting.Arima;

namespace Foreflow.Bench.ArimaVersusR;

/// <summary>Gaussian ARIMA series of known orders; the seed is the number of the series.</summary>
internal static class SimulatedSeries
{
    private static readonly (ArimaOrder Order, ArimaCoefficients Coefficients)[] Processes =
    [
        (new(1, 0, 0), new([0.7], [], [], [], 20)),
        (new(0, 1, 1), new([], [-0.5], [], [], 0)),
        (new(2, 0, 1), new([1.1, -0.4], [0.5], [], [], 50)),
        (new(1, 1, 1), new([0.5], [0.4], [], [], 0.2)),
        (new(0, 1, 1, 0, 1, 1, 4), new([], [-0.4], [], [-0.6], 0)),
        (new(1, 0, 0, 1, 0, 0, 7), new([0.5], [], [0.6], [], 30)),
        (new(0, 1, 1, 0, 1, 1, 12), new([], [-0.4], [], [-0.6], 0)),
        (new(2, 0, 0, 0, 1, 1, 12), new([0.6, 0.2], [], [], [-0.5], 0)),
    ];

    public static IEnumerable<Series> Make(int count) => Enumerable.Range(0, count).Select(One);

    private static Series One(int seed)
    {
        const int length = 200, horizon = 24;
        var (order, coefficients) = Processes[seed % Processes.Length];
        return new Series($"simulated-{seed}", order.Period, horizon, Path(order, coefficients, length + horizon, new Random(seed)));
    }

    private static double[] Path(ArimaOrder order, ArimaCoefficients c, int length, Random random)
    {
        const int warmUp = 500;
        var (noise, arma) = (new double[length + warmUp], new double[length + warmUp]);
        for (var t = 0; t < noise.Length; t++)
        {
            noise[t] = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            arma[t] = noise[t];
            foreach (var (lag, weight) in Terms(c.Autoregressive, c.SeasonalAutoregressive, order.Period, -1))
                if (t >= lag) arma[t] += weight * arma[t - lag];
            foreach (var (lag, weight) in Terms(c.MovingAverage, c.SeasonalMovingAverage, order.Period, 1))
                if (t >= lag) arma[t] += weight * noise[t - lag];
        }
        double[] path = [.. arma[warmUp..].Select(value => value + c.Constant)];
        for (var i = 0; i < order.SeasonalDifferences; i++) Integrate(path, order.Period);
        for (var i = 0; i < order.Differences; i++) Integrate(path, 1);
        return path;
    }

    private static IEnumerable<(int Lag, double Weight)> Terms(double[] plain, double[] seasonal, int period, int sign)
    {
        for (var i = 0; i < plain.Length; i++) yield return (i + 1, plain[i]);
        for (var j = 0; j < seasonal.Length; j++)
        {
            yield return ((j + 1) * period, seasonal[j]);
            for (var i = 0; i < plain.Length; i++) yield return (((j + 1) * period) + i + 1, sign * plain[i] * seasonal[j]);
        }
    }

    private static void Integrate(double[] path, int lag)
    {
        for (var t = lag; t < path.Length; t++) path[t] += path[t - lag];
    }
}
