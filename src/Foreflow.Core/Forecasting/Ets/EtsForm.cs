using System.Globalization;

namespace Foreflow.Core.Forecasting.Ets;

/// <summary>How the innovations or the season of an ETS model enter.</summary>
public enum EtsKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Added to the level.</summary>
    Additive,

    /// <summary>Multiplied with it.</summary>
    Multiplicative,
}

/// <summary>The trend of an ETS model.</summary>
public enum EtsTrend
{
    /// <summary>No trend.</summary>
    None,

    /// <summary>A line.</summary>
    Additive,

    /// <summary>A line that flattens out: each step keeps the share φ of the slope.</summary>
    Damped,
}

/// <summary>Which components an exponential smoothing model has.</summary>
/// <param name="Error">Additive or multiplicative innovations.</param>
/// <param name="Trend">None, additive or damped.</param>
/// <param name="Season">None, additive or multiplicative.</param>
/// <param name="Period">Steps in a season; 1 without one.</param>
/// <remarks>
/// Source: Hyndman, Koehler, Snyder and Grose (2002), "A state space framework for automatic forecasting using exponential smoothing
/// methods", table 1. Multiplicative trends are left out, as in the later book: their forecasts grow without bound.
/// </remarks>
public sealed record EtsForm(EtsKind Error, EtsTrend Trend, EtsKind Season, int Period)
{
    /// <summary>Smoothing parameters: α, and β, γ and φ where there is a trend, a season, damping.</summary>
    public int SmoothingCount => 1 + (HasTrend ? 1 : 0) + (HasSeason ? 1 : 0) + (Trend == EtsTrend.Damped ? 1 : 0);

    /// <summary>Free initial states: level, slope, and one season less than there are phases.</summary>
    public int StateCount => 1 + (HasTrend ? 1 : 0) + (HasSeason ? Period - 1 : 0);

    /// <summary>True with a trend, damped or not.</summary>
    public bool HasTrend => Trend != EtsTrend.None;

    /// <summary>True with a season.</summary>
    public bool HasSeason => Season != EtsKind.None;

    /// <summary>
    /// The combinations worth trying. Additive innovations on a multiplicative season are left out: their variance is infinite
    /// (Hyndman, Koehler, Ord and Snyder (2008), "Forecasting with Exponential Smoothing", chapter 15).
    /// </summary>
    /// <param name="positive">True where all values are above 0: multiplicative components mean nothing otherwise.</param>
    /// <param name="period">The seasonal period; 1 for none.</param>
    public static IEnumerable<EtsForm> Candidates(bool positive, int period)
    {
        EtsKind[] errors = positive ? [EtsKind.Additive, EtsKind.Multiplicative] : [EtsKind.Additive];
        foreach (var error in errors)
        {
            EtsKind[] seasons = period < 2 ? [EtsKind.None]
                : error == EtsKind.Multiplicative ? [EtsKind.None, EtsKind.Additive, EtsKind.Multiplicative]
                : [EtsKind.None, EtsKind.Additive];
            foreach (var season in seasons)
            {
                foreach (var trend in (EtsTrend[])[EtsTrend.None, EtsTrend.Additive, EtsTrend.Damped])
                    yield return new EtsForm(error, trend, season, season == EtsKind.None ? 1 : period);
            }
        }
    }

    /// <summary>The notation of the field: <c>ETS(M,Ad,A)[24]</c>.</summary>
    public override string ToString()
    {
        var trend = Trend switch { EtsTrend.None => "N", EtsTrend.Additive => "A", _ => "Ad" };
        var period = HasSeason ? string.Create(CultureInfo.InvariantCulture, $"[{Period}]") : "";
        return $"ETS({Letter(Error)},{trend},{Letter(Season)}){period}";
    }

    private static string Letter(EtsKind kind) => kind switch { EtsKind.None => "N", EtsKind.Additive => "A", _ => "M" };
}
