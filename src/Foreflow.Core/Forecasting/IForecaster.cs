namespace Foreflow.Core.Forecasting;

/// <summary>A way to fit a series: names a model family and makes a fitted forecaster of it.</summary>
public interface IForecastModel
{
    /// <summary>Short lower-case name, as given to <c>--method</c>: <c>arima</c>, <c>ets</c>, …</summary>
    string Name { get; }

    /// <summary>
    /// Fits the model to a regularly spaced history, oldest first. <see cref="double.NaN"/> marks a missing value.
    /// </summary>
    /// <exception cref="ForecastFitException">The history does not carry this model; the message says why.</exception>
    IForecaster Fit(ReadOnlySpan<double> history, FitOptions options);
}

/// <summary>What a fit may know beside the history.</summary>
/// <param name="Periods">Seasonal periods in steps, ascending; empty where no season was found.</param>
/// <param name="Seed">Seed of whatever is random in a fit. Equal seeds give equal forecasters on any number of threads.</param>
/// <param name="NonNegative">True for counts and rates: forecasts are floored at zero.</param>
/// <param name="Horizon">Steps ahead that will be asked for. A model that learns a fixed horizon learns this one; others ignore it.</param>
public sealed record FitOptions(IReadOnlyList<int> Periods, ulong Seed = 0, bool NonNegative = false, int Horizon = 48);

/// <summary>A fitted model. Cheap to update and to ask; fitting is the slow part and happens elsewhere.</summary>
public interface IForecaster
{
    /// <summary>The model with what was chosen, for people: <c>ARIMA(2,0,1)(0,1,1)[24]</c>.</summary>
    string Description { get; }

    /// <summary>Takes the next observation of the series; <see cref="double.NaN"/> where it is missing.</summary>
    void Update(double observation);

    /// <summary>Forecasts the next <paramref name="horizon"/> steps after the last observation.</summary>
    PointForecast Forecast(int horizon);

    /// <summary>An independent copy: updating one leaves the other as it was.</summary>
    IForecaster Clone();
}

/// <summary>Mean and spread per step ahead.</summary>
/// <param name="Mean">Expected value, element 0 one step ahead.</param>
/// <param name="StandardDeviation">Standard deviation of the forecast error by the model's own account; NaN where it has none.</param>
public sealed record PointForecast(double[] Mean, double[] StandardDeviation);

/// <summary>A model cannot be fitted to a history; the message says why in words a user understands.</summary>
public sealed class ForecastFitException(string message) : Exception(message);
