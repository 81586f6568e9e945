namespace Foreflow.Core.Reservation;

/// <summary>How the ledger treats running work that takes longer than expected.</summary>
public sealed record ReservationLedgerOptions
{
    /// <summary>Least time running work is held on to after it passed its expected end; default 5 s, one control period.</summary>
    public TimeSpan OverrunGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Share of its time so far that running work is held on to after it passed its expected end; default 1/8.
    /// A share, so that an overrun of any length costs few extensions:
    /// <code>
    /// ran so far   held for another
    ///  8 s          5 s   (the least)
    ///  4 min       30 s
    ///  1 h          7.5 min
    /// </code>
    /// </summary>
    public double OverrunShare { get; init; } = 0.125;
}
