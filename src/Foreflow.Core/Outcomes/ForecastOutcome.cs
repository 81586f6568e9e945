using Foreflow.Core.Model;

namespace Foreflow.Core.Outcomes;

/// <summary>
/// How good the forecasts of a stage's demand were over a stretch of time. Each is made at a control cycle for the time
/// a replica ordered then would be warm, and is judged by the slots that tasks needed then. Times at which nothing was
/// foreseen and nothing came do not count: anybody foresees those.
/// </summary>
public sealed record ForecastOutcome(Instant SettledAt, string StageName) : Outcome(SettledAt, StageName)
{
    /// <summary>Start of the stretch.</summary>
    public required Instant From { get; init; }

    /// <summary>Forecasts judged.</summary>
    public required int Count { get; init; }

    /// <summary>Seconds they looked ahead, on average.</summary>
    public required double AheadSeconds { get; init; }

    /// <summary>Share of the demand that was at most the median forecast, 0 to 1; .5 is what was promised.</summary>
    public required double Covered50 { get; init; }

    /// <summary>Share at most the 80 % quantile.</summary>
    public required double Covered80 { get; init; }

    /// <summary>Share at most the 95 % quantile.</summary>
    public required double Covered95 { get; init; }

    /// <summary>Share at most the 99 % quantile.</summary>
    public required double Covered99 { get; init; }

    /// <summary>Mean demand, in slots.</summary>
    public required double MeanSlots { get; init; }

    /// <summary>Mean absolute error of the mean forecast, in slots.</summary>
    public required double Error { get; init; }

    /// <summary>The same of the naive forecast: the demand a day before where that is known, else the demand when the forecast was made.</summary>
    public required double NaiveError { get; init; }

    /// <summary>Mean pinball loss of the 95 % quantile, in slots (Koenker and Bassett 1978).</summary>
    public required double Pinball95 { get; init; }

    /// <summary>The same of the naive forecast with the 95 % quantile of its own past errors on top.</summary>
    public required double NaivePinball95 { get; init; }

    /// <summary>Share of forecasts whose naive rival knew the demand of a day before, 0 to 1.</summary>
    public required double Seasonal { get; init; }

    /// <summary>Skill of the 95 % quantile over the naive one: 1 is perfect, 0 no better, below 0 worse; null where the naive one is without loss.</summary>
    public double? Skill95 => NaivePinball95 > 0 ? 1 - (Pinball95 / NaivePinball95) : null;
}
