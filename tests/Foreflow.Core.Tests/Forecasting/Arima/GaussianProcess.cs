using Foreflow.Core.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting.Arima;

/// <summary>Simulated ARIMA series and their density by the textbook, which shares no recursion with the code under test.</summary>
internal static class GaussianProcess
{
    /// <summary>Standard normal draws (Box-Muller).</summary>
    public static double[] Normals(int count, int seed)
    {
        var random = new Random(seed);
        var draws = new double[count];
        for (var i = 0; i < count; i++)
            draws[i] = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return draws;
    }

    /// <summary>A path of given length after a long warm-up of the stationary part.</summary>
    public static double[] Simulate(ArimaOrder order, ArimaCoefficients coefficients, int length, int seed, double deviation = 1)
    {
        const int warmUp = 1000;
        var polynomials = new ArmaPolynomials(order);
        polynomials.MoveTo(coefficients);
        var noise = Normals(length + warmUp, seed);
        var path = new double[length + warmUp];
        for (var t = 0; t < path.Length; t++)
        {
            path[t] = noise[t] * deviation;
            foreach (var lag in polynomials.AutoregressiveLags)
                if (t >= lag) path[t] += polynomials.Autoregressive[lag - 1] * path[t - lag];
            foreach (var lag in polynomials.MovingAverageLags)
                if (t >= lag) path[t] += polynomials.MovingAverage[lag - 1] * noise[t - lag] * deviation;
        }
        var series = new double[length];
        var weights = Differencing.Weights(order);
        for (var t = 0; t < length; t++)
        {
            series[t] = path[t + warmUp] + coefficients.Constant;
            for (var lag = 1; lag <= Math.Min(t, weights.Length); lag++) series[t] += weights[lag - 1] * series[t - lag];
        }
        return series;
    }

    /// <summary>
    /// Covariance matrix of n observations of the ARMA part, by summing its infinite moving average until nothing is left.
    /// </summary>
    public static double[,] Covariance(ArmaPolynomials polynomials, int n)
    {
        const int terms = 20_000;
        var psi = new double[terms];
        for (var k = 0; k < terms; k++)
        {
            psi[k] = k == 0 ? 1 : k <= polynomials.MovingAverage.Length ? polynomials.MovingAverage[k - 1] : 0;
            for (var lag = 1; lag <= Math.Min(k, polynomials.Autoregressive.Length); lag++)
                psi[k] += polynomials.Autoregressive[lag - 1] * psi[k - lag];
        }
        var covariance = new double[n, n];
        for (var lag = 0; lag < n; lag++)
        {
            double gamma = 0;
            for (var k = 0; k + lag < terms; k++) gamma += psi[k] * psi[k + lag];
            for (var i = 0; i + lag < n; i++) covariance[i, i + lag] = covariance[i + lag, i] = gamma;
        }
        return covariance;
    }
}
