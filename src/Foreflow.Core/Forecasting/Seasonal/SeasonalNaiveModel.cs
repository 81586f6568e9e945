using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Seasonal;

/// <summary>The next value is the one a season ago.</summary>
/// <param name="period">Seasonal period in steps; null for the shortest of <see cref="FitOptions.Periods"/>.</param>
/// <remarks>Source: Hyndman and Athanasopoulos (2021), "Forecasting: Principles and Practice", 3rd edition, sections 5.2 and 5.5.</remarks>
public sealed class SeasonalNaiveModel(int? period = null) : IForecastModel
{
    /// <inheritdoc/>
    public string Name => period is { } fixedPeriod ? $"snaive-{fixedPeriod}" : "snaive";

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var chosen = period ?? (options.Periods.Count > 0 ? options.Periods[0] : throw new ForecastFitException("no season was found"));
        if (history.Length < chosen)
            throw new ForecastFitException($"{history.Length} values are less than one season of {chosen}");
        return new SeasonalNaiveForecaster($"seasonal naive[{chosen}]", Gaps.Fill(history, options.Periods), chosen);
    }
}

/// <summary>Repeats the last season. Period 1 is the naive forecast.</summary>
internal sealed class SeasonalNaiveForecaster : IForecaster
{
    private readonly int _period;
    private readonly SlidingWindow _season;
    private double _squares;
    private long _changes;

    public SeasonalNaiveForecaster(string description, double[] history, int period)
    {
        Description = description;
        _period = period;
        _season = new SlidingWindow(period, history);
        for (var t = period; t < history.Length; t++) CountChange(history[t] - history[t - period]);
    }

    private SeasonalNaiveForecaster(SeasonalNaiveForecaster other)
    {
        (Description, _period, _squares, _changes) = (other.Description, other._period, other._squares, other._changes);
        _season = other._season.Clone();
    }

    public string Description { get; }

    public void Update(double observation)
    {
        var expected = _season.Lagged(_period);
        if (double.IsNaN(observation)) observation = expected;
        else CountChange(observation - expected);
        _season.Add(observation);
    }

    public PointForecast Forecast(int horizon)
    {
        var mean = new double[horizon];
        var deviation = new double[horizon];
        var step = _changes == 0 ? double.NaN : Math.Sqrt(_squares / _changes);
        var season = _season.Values;
        for (var i = 0; i < horizon; i++)
        {
            mean[i] = season[season.Length - _period + (i % _period)];
            deviation[i] = step * Math.Sqrt(1 + (i / _period));
        }
        return new PointForecast(mean, deviation);
    }

    public IForecaster Clone() => new SeasonalNaiveForecaster(this);

    private void CountChange(double change)
    {
        _squares += change * change;
        _changes++;
    }
}
