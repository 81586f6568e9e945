using System.Numerics.Tensors;
using Foreflow.Core.Forecasting.Linear;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Regression;

/// <summary>What a <see cref="LagRegressionModel"/> takes the difference to before it regresses.</summary>
public enum SeasonalDifference
{
    /// <summary>The series itself.</summary>
    None,

    /// <summary>The change since one season of the shortest period ago.</summary>
    Shortest,

    /// <summary>The change since one season of the longest period ago.</summary>
    Longest,
}

/// <summary>
/// Ridge regression of a value on earlier values: the recent ones, and those around whole seasons ago. Steps beyond the
/// first are forecast from forecasts.
/// </summary>
/// <param name="name">Name of this member of the family.</param>
/// <param name="difference">What is regressed: the series, or its seasonal change.</param>
/// <param name="recentLags">How many of the most recent values are regressed on.</param>
/// <param name="neighbours">How many lags on either side of a whole season are regressed on.</param>
/// <param name="penalty">Ridge penalty relative to each column's sum of squares; above 0.</param>
/// <remarks>
/// Sources: Hoerl and Kennard (1970), "Ridge regression"; for the recursive strategy Ben Taieb, Bontempi, Atiya and Sorjamaa
/// (2012), "A review and comparison of strategies for multi-step ahead time series forecasting", section 2.1.
/// </remarks>
public sealed class LagRegressionModel(
    string name, SeasonalDifference difference, int recentLags, int neighbours, double penalty) : IForecastModel
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var lag = difference switch
        {
            SeasonalDifference.None => 0,
            _ when options.Periods.Count == 0 => throw new ForecastFitException("no season was found"),
            SeasonalDifference.Shortest => options.Periods[0],
            _ => options.Periods[^1],
        };
        var filled = Gaps.Fill(history, options.Periods);
        var changes = Changes(filled, lag);
        var lags = LagSet.For(options.Periods, recentLags, neighbours, changes.Length);
        var coefficients = Regress(changes, lags, out var centre, out var deviation);
        return new Forecaster(filled, lag, lags, coefficients, centre, deviation, new ForecastBounds(filled, options.NonNegative));
    }

    private static double[] Changes(double[] series, int lag)
    {
        if (lag == 0) return series;
        if (series.Length <= lag) throw new ForecastFitException($"{series.Length} values are not more than one season of {lag}");
        var changes = new double[series.Length - lag];
        TensorPrimitives.Subtract(series.AsSpan(lag), series.AsSpan(0, changes.Length), changes);
        return changes;
    }

    private double[] Regress(double[] series, int[] lags, out double centre, out double deviation)
    {
        centre = TensorPrimitives.Sum<double>(series) / series.Length;
        var centred = new double[series.Length];
        TensorPrimitives.Subtract(series, centre, centred);

        var longest = lags[^1];
        var rows = centred.Length - longest;
        var columns = new ReadOnlyMemory<double>[lags.Length + 1];
        for (var i = 0; i < lags.Length; i++) columns[i] = centred.AsMemory(longest - lags[i], rows);
        var ones = new double[rows];
        Array.Fill(ones, 1);
        columns[^1] = ones;

        var target = centred.AsSpan(longest, rows);
        var equations = NormalEquations.Of(columns, target);
        var coefficients = equations.Solve(i => i == lags.Length ? 0 : penalty);

        var errors = target.ToArray();
        for (var i = 0; i < columns.Length; i++)
            TensorPrimitives.MultiplyAdd(columns[i].Span, -coefficients[i], errors, errors);
        deviation = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(errors) / rows);
        return coefficients;
    }

    private sealed class Forecaster(
        SlidingWindow window, int difference, int[] lags, double[] coefficients, double centre, double deviation, ForecastBounds bounds)
        : IForecaster
    {
        private ForecastBounds _bounds = bounds;

        public Forecaster(
            double[] history, int difference, int[] lags, double[] coefficients, double centre, double deviation, ForecastBounds bounds)
            : this(new SlidingWindow(difference + lags[^1], history), difference, lags, coefficients, centre, deviation, bounds)
        {
        }

        public string Description => difference == 0
            ? $"ridge on {lags.Length} lags"
            : $"ridge on {lags.Length} lags of the change over {difference}";

        public void Update(double observation)
        {
            if (double.IsNaN(observation)) observation = Forecast(1).Mean[0];
            _bounds.Observe(observation);
            window.Add(observation);
        }

        public PointForecast Forecast(int horizon)
        {
            var past = window.Values;
            var path = new double[past.Length + horizon];
            past.CopyTo(path);
            for (var t = past.Length; t < path.Length; t++)
            {
                var sum = coefficients[^1];
                for (var i = 0; i < lags.Length; i++)
                {
                    var change = path[t - lags[i]] - (difference == 0 ? 0 : path[t - lags[i] - difference]) - centre;
                    sum += coefficients[i] * change;
                }
                path[t] = _bounds.Clamp(sum + centre + (difference == 0 ? 0 : path[t - difference]));
            }

            var spread = new double[horizon];
            Array.Fill(spread, double.NaN);
            if (horizon > 0) spread[0] = deviation;
            return new PointForecast(path[past.Length..], spread);
        }

        public IForecaster Clone() =>
            new Forecaster(window.Clone(), difference, lags, coefficients, centre, deviation, _bounds);
    }
}
