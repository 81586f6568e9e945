namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>What an ensemble is fitted for.</summary>
public sealed record EnsembleOptions
{
    /// <summary>Steps ahead that models are judged by, at least 1. Longer forecasts can be asked for; they are judged by none.</summary>
    public int Horizon { get; init; } = 48;

    /// <summary>Seasonal periods in steps, ascending; null to look for them, empty for none.</summary>
    public IReadOnlyList<int>? Periods { get; init; }

    /// <summary>Periods worth a look beside those the series itself suggests, such as a day and a week in steps.</summary>
    public IReadOnlyList<int> LikelyPeriods { get; init; } = [];

    /// <summary>
    /// Origins at which models are fitted and scored, at least 1; fewer where the history is short. Seven already weight
    /// well; twelve also show enough errors for honest intervals, and cost twice as much.
    /// </summary>
    public int Origins { get; init; } = 12;

    /// <summary>Seed of whatever is random in a fit.</summary>
    public ulong Seed { get; init; }

    /// <summary>True to floor forecasts at zero, false not to; null to do so where no value of the history is negative.</summary>
    public bool? NonNegative { get; init; }

    /// <summary>Names of models that are not tried, as a <see cref="Budget.RefitPlan"/> leaves them out; null for none.</summary>
    public IReadOnlySet<string>? LeftOut { get; init; }

    /// <summary>
    /// Called with a model's name when its trial ends, in the order of the pool, so that a caller with a clock can tell what
    /// each costs. It must not change the fit.
    /// </summary>
    public Action<string>? OnTried { get; init; }
}

/// <summary>How a member of the pool is tried.</summary>
public enum Trial
{
    /// <summary>Cheap to fit: fitted anew at every origin.</summary>
    Refitted,

    /// <summary>Dear to fit: fitted once, at the oldest origin, and only updated from there on.</summary>
    FittedOnce,

    /// <summary>
    /// Very dear to fit: fitted once like <see cref="FittedOnce"/>; fitted to the whole history, and admitted, only if its
    /// error there is the smallest of all.
    /// </summary>
    Challenger,
}

/// <summary>A model in the pool an ensemble is chosen from.</summary>
/// <param name="Model">The model.</param>
/// <param name="Trial">How it is tried.</param>
/// <param name="Periods">Seasonal periods to fit it with; null for those of the series.</param>
/// <param name="Settled">
/// Of the forecaster that was tried, the model with the choices made there (orders, forms), to be fitted to the whole history: a
/// search is not made twice. Null to fit <paramref name="Model"/> again.
/// </param>
/// <param name="Refusal">Why it is not even tried; empty to try it.</param>
public sealed record PoolMember(
    IForecastModel Model, Trial Trial = Trial.Refitted, IReadOnlyList<int>? Periods = null,
    Func<IForecaster, IForecastModel>? Settled = null, string Refusal = "")
{
    /// <summary>The options to fit this member with.</summary>
    internal FitOptions Options(FitOptions options) => Periods is null ? options : options with { Periods = Periods };
}

/// <summary>What became of one model of the pool.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Description">What was fitted, where it was.</param>
/// <param name="Weight">Its share of the forecast; 0 where it was not admitted.</param>
/// <param name="Error">Its discounted mean absolute error in validation, in the unit of the series; NaN where it was not tried to the end.</param>
/// <param name="Reason">Why it was left out; empty where it was admitted.</param>
public sealed record MemberReport(string Name, string Description, double Weight, double Error, string Reason);
