namespace Foreflow.Core.Forecasting.Arima;

/// <summary>How much work the search for an order does for each model it looks at.</summary>
public enum ArimaSearch
{
    /// <summary>
    /// Conditional least squares, scored by the exact likelihood at the point found; only the best few models are then estimated
    /// by maximum likelihood. About a tenth of the time, and nearly always the same choice.
    /// </summary>
    Quick,

    /// <summary>Maximum likelihood for every model.</summary>
    Exact,
}

/// <summary>Which of several seasonal periods the one season of an ARIMA model takes.</summary>
public enum ArimaSeason
{
    /// <summary>
    /// The one that forecast the end of the history best, a season of the shortest ahead from four origins; a longer one must be
    /// better by a tenth. Fits every period once more than <see cref="Shortest"/>.
    /// </summary>
    Validated,

    /// <summary>The shortest that the history holds three times.</summary>
    Shortest,

    /// <summary>The longest that the history holds three times.</summary>
    Longest,
}

/// <summary>What the choice of an ARIMA model may look at, and how long.</summary>
/// <remarks>The defaults of the orders are those of Hyndman and Khandakar (2008).</remarks>
public sealed record ArimaOptions
{
    /// <summary>A fixed order, estimated as it is; null to choose one.</summary>
    public ArimaOrder? Order { get; init; }

    /// <summary>Largest p and q, 0 to 20.</summary>
    public int MaxOrder { get; init; } = 5;

    /// <summary>Largest P and Q, 0 to 4.</summary>
    public int MaxSeasonalOrder { get; init; } = 2;

    /// <summary>Largest d, 0 to 2.</summary>
    public int MaxDifferences { get; init; } = 2;

    /// <summary>Largest D, 0 or 1.</summary>
    public int MaxSeasonalDifferences { get; init; } = 1;

    /// <summary>Which period is taken where several are known.</summary>
    public ArimaSeason Season { get; init; } = ArimaSeason.Validated;

    /// <summary>How thoroughly each model is looked at.</summary>
    public ArimaSearch Search { get; init; } = ArimaSearch.Quick;

    /// <summary>Models looked at before the search settles for the best so far, 1 or more.</summary>
    public int MaxModels { get; init; } = 94;

    /// <summary>Models that a quick search estimates by maximum likelihood at its end, 1 or more.</summary>
    public int Finalists { get; init; } = 3;

    /// <summary>
    /// Latest observations used, 10 or more. Time grows in proportion; what lies further back says little about the coming steps.
    /// 2500 are 104 days of hours, or 8 days of five minutes.
    /// </summary>
    public int MaxObservations { get; init; } = 2500;

    /// <summary>Longest season taken, in steps. A longer one is left to the other models of the pool.</summary>
    public int MaxPeriod { get; init; } = 400;

    /// <summary>
    /// Multiplications that one likelihood with missing values may take (observations × state²). Above it, coefficients come from
    /// the filled series and gaps widen no interval. 700 hourly points take 2 million.
    /// </summary>
    public long MaxFilterWork { get; init; } = 50_000_000;
}
