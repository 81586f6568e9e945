namespace Foreflow.Core.Forecasting.Ets;

/// <summary>What the choice of an exponential smoothing model may look at, and how long.</summary>
public sealed record EtsOptions
{
    /// <summary>A fixed form, estimated as it is; null to choose one by AICc.</summary>
    public EtsForm? Form { get; init; }

    /// <summary>
    /// Longest season whose initial states are estimated with the rest; those of a longer one are taken from a decomposition and
    /// left as they are: the more states, the dearer an estimate, and by then the season has been seen often enough to hardly need it.
    /// </summary>
    public int MaxEstimatedSeason { get; init; } = 12;

    /// <summary>Longest season taken at all, in steps.</summary>
    public int MaxPeriod { get; init; } = 400;

    /// <summary>Forms whose initial states are estimated too; the others only rank by their smoothing parameters. 1 or more.</summary>
    public int Finalists { get; init; } = 3;

    /// <summary>Latest observations used, 10 or more.</summary>
    public int MaxObservations { get; init; } = 5000;
}
