using Foreflow.Core.Forecasting.Preparation;
using Foreflow.Core.Forecasting.Seasonality;

namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>
/// Fits a weighted ensemble to a series: looks for seasons, tries every model of a pool on what came after earlier origins,
/// admits and weights them by their errors there, and measures by the same trials how wide intervals must be.
/// </summary>
/// <remarks>
/// Validation by rolling origins: Tashman (2000), "Out-of-sample tests of forecasting accuracy". The same series, options and
/// pool give the same forecaster, bit for bit; nothing here runs in parallel, callers do so over series.
/// </remarks>
public sealed class EnsembleModel
{
    private readonly Func<Seasons, IReadOnlyList<PoolMember>> _pool;

    /// <summary>An ensemble of the default pool.</summary>
    public EnsembleModel()
        : this(ForecastPool.For)
    {
    }

    /// <summary>An ensemble of chosen members; with one, that model alone, with intervals as honest as any.</summary>
    /// <param name="pool">Gives the members for the seasons of a series.</param>
    public EnsembleModel(Func<Seasons, IReadOnlyList<PoolMember>> pool) => _pool = pool;

    /// <summary>Fits to a regularly spaced history, oldest first; NaN marks a missing value.</summary>
    /// <exception cref="ForecastFitException">The history holds no value, or no model of the pool can be fitted to it.</exception>
    public EnsembleForecaster Fit(ReadOnlySpan<double> history, EnsembleOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Horizon, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Origins, 1);
        var known = FirstKnown(history);
        history = history[known..];

        var nonNegative = options.NonNegative ?? IsNonNegative(history);
        var seasons = options.Periods is { } given ? new Seasons(given) : SeasonalityDetector.Detect(history, options.LikelyPeriods);
        var periods = seasons.Found;
        var whole = history;
        history = history[Math.Max(0, history.Length - LongestUsed(periods))..];
        var fitOptions = new FitOptions(periods, options.Seed, nonNegative, options.Horizon);
        var plan = ValidationPlan.For(history.Length, periods, options.Horizon, options.Origins);
        var anomalies = Cleaning.Choose(ForecastPool.Probe(periods), history, fitOptions, plan);
        ReadOnlySpan<double> clean = anomalies is null ? history : anomalies.Clean;
        var roster = Roster.Try(Affordable(_pool(seasons), options.LeftOut), clean, fitOptions, plan, options.OnTried);
        // Wild values are part of what intervals are to cover, outages are not.
        var calibration = Calibration.Of(roster, anomalies is null ? history : anomalies.WithoutOutages, whole, fitOptions, plan);
        return new EnsembleForecaster(
            roster.Members, roster.Reports, periods, Notes(anomalies), calibration, Guard(anomalies, periods),
            new ForecastBounds(clean, nonNegative), nonNegative, history.Length);
    }

    private static AnomalyGuard? Guard(Anomalies? anomalies, IReadOnlyList<int> periods) =>
        anomalies is null ? null : new AnomalyGuard(anomalies.Norm, anomalies.Norm.NewestSeason(anomalies.Clean), Anomalies.Patience(periods));

    private static List<string> Notes(Anomalies? anomalies)
    {
        var notes = new List<string>();
        if (anomalies is { OffCount: > 0 }) notes.Add($"{anomalies.OffCount} values of outages were taken as missing: models forecast better without them");
        if (anomalies is { WildCount: > 0 }) notes.Add($"{anomalies.WildCount} wild values were taken as missing: models forecast better without them");
        return notes;
    }

    private static IReadOnlyList<PoolMember> Affordable(IReadOnlyList<PoolMember> pool, IReadOnlySet<string>? leftOut) =>
        leftOut is null
            ? pool
            : [.. pool.Select(member => leftOut.Contains(member.Model.Name) ? member with { Refusal = "left out to stay within the budget" } : member)];

    /// <summary>What lies further back says little about the coming steps and costs as much as what does.</summary>
    private static int LongestUsed(IReadOnlyList<int> periods)
    {
        const int longest = 4096, seasons = 8;
        return Math.Max(longest, periods.Count > 0 ? seasons * periods[^1] : 0);
    }

    private static int FirstKnown(ReadOnlySpan<double> history)
    {
        for (var t = 0; t < history.Length; t++)
        {
            if (!double.IsNaN(history[t])) return t;
        }
        throw new ForecastFitException(history.IsEmpty ? "the history is empty" : "every value of the history is missing");
    }

    private static bool IsNonNegative(ReadOnlySpan<double> history)
    {
        foreach (var value in history)
        {
            if (value < 0) return false;
        }
        return true;
    }
}
