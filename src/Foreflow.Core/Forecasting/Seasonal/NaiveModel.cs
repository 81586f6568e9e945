using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Seasonal;

/// <summary>
/// The next value is the last one. Its error grows with the square root of the step, as that of a random walk does.
/// </summary>
/// <remarks>Source: Hyndman and Athanasopoulos (2021), "Forecasting: Principles and Practice", 3rd edition, sections 5.2 and 5.5.</remarks>
public sealed class NaiveModel : IForecastModel
{
    /// <inheritdoc/>
    public string Name => "naive";

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options) =>
        new SeasonalNaiveForecaster("naive", Gaps.Fill(history, options.Periods), period: 1);
}
