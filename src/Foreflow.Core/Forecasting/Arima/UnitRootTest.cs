using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>How many differences make a series level-stationary.</summary>
/// <remarks>
/// Source: Kwiatkowski, Phillips, Schmidt and Shin (1992), "Testing the null hypothesis of stationarity against the alternative of a
/// unit root", equations 9 to 13; its use for choosing d: Hyndman and Khandakar (2008), section 3.1.
/// </remarks>
internal static class UnitRootTest
{
    /// <summary>Critical value of the level-stationary test at 5 %, table 1 of the paper.</summary>
    private const double CriticalValue = 0.463;

    /// <summary>Differences until the test no longer rejects, at most <paramref name="maximum"/>.</summary>
    public static int DifferencesNeeded(double[] series, int maximum)
    {
        var differences = 0;
        while (differences < maximum && series.Length > 4 && LevelStatistic(series) > CriticalValue)
        {
            series = Differencing.Apply(series, 1, 0, 1);
            differences++;
        }
        return differences;
    }

    /// <summary>The statistic η of level stationarity; 0 for a constant series.</summary>
    public static double LevelStatistic(ReadOnlySpan<double> series)
    {
        var n = series.Length;
        var errors = new double[n];
        TensorPrimitives.Subtract(series, TensorPrimitives.Sum(series) / n, errors);

        double sum = 0, squares = 0;
        foreach (var error in errors)
        {
            sum += error;
            squares += sum * sum;
        }
        var variance = LongRunVariance(errors, (int)(3 * Math.Sqrt(n) / 13));
        return variance > 0 ? squares / n / n / variance : 0;
    }

    /// <summary>Variance of the mean, times n, with Bartlett weights over a number of lags.</summary>
    private static double LongRunVariance(double[] errors, int lags)
    {
        var n = errors.Length;
        var variance = TensorPrimitives.SumOfSquares<double>(errors) / n;
        for (var lag = 1; lag <= lags; lag++)
        {
            var weight = 1 - (lag / (lags + 1.0));
            variance += 2 * weight * TensorPrimitives.Dot<double>(errors.AsSpan(lag), errors.AsSpan(0, n - lag)) / n;
        }
        return variance;
    }
}
