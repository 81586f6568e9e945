using System.Globalization;

namespace Foreflow.Core.Reservation;

/// <summary>Why a claim was taken back.</summary>
public enum ReclaimReason
{
    /// <summary>More urgent work needed the room.</summary>
    UrgentWork,

    /// <summary>Holding it costs more than the miss it guards against, weighed by confidence.</summary>
    NotWorthHolding,

    /// <summary>Running work on the node took longer than expected.</summary>
    Overrun,

    /// <summary>A soft claim beside it became running work, which calls in what was lent.</summary>
    Hardened,

    /// <summary>The node has less to give: its capacity shrank or others use more of it.</summary>
    CapacityLost,

    /// <summary>The node takes no new work.</summary>
    NodeDrained,

    /// <summary>The node left.</summary>
    NodeRemoved,

    /// <summary>Its work had not come by its expiry or by its end.</summary>
    Expired,
}

/// <summary>A claim that the ledger took back, and why.</summary>
/// <param name="Claim">The claim as it was; the ledger no longer knows it.</param>
/// <param name="Reason">Why it was taken back.</param>
/// <param name="For">The claim that needed the room, where there is one.</param>
public readonly record struct Reclaimed(Claim Claim, ReclaimReason Reason, ClaimId? For = null)
{
    /// <summary>One line for people, with the numbers that decided.</summary>
    public override string ToString()
    {
        var why = Reason switch
        {
            ReclaimReason.UrgentWork => $"needed by more urgent work{Whom}",
            ReclaimReason.NotWorthHolding => "holding it costs more than the expected miss",
            ReclaimReason.Overrun => $"running work{Whom} took longer than expected",
            ReclaimReason.Hardened => $"what it used was called in by reserved work{Whom} that starts",
            ReclaimReason.CapacityLost => "the node has less to give",
            ReclaimReason.NodeDrained => "the node takes no new work",
            ReclaimReason.NodeRemoved => "the node left",
            ReclaimReason.Expired => "its work did not come in time",
            _ => Reason.ToString(),
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Claim.Kind} claim {Claim.Id} on node {Claim.Node} from {Claim.From} until {Claim.Until} (confidence {Claim.Confidence:0.###} x value {Claim.Value:0.###}): {why}");
    }

    private string Whom => For is { } id ? $" {id}" : "";
}

/// <summary>What <see cref="ReservationLedger.Expire"/> found.</summary>
/// <param name="Reclaimed">Soft claims that lapsed or had to give way to work that overran, in the order it happened.</param>
/// <param name="Overrun">Running claims past their expected end, as they are now: held on to and extended, by time of the old end, then id.</param>
public sealed record ExpiryReport(IReadOnlyList<Reclaimed> Reclaimed, IReadOnlyList<Claim> Overrun)
{
    /// <summary>Nothing lapsed, nothing overran.</summary>
    public static readonly ExpiryReport Empty = new([], []);
}

/// <summary>Where and when something fits.</summary>
/// <param name="Node">Dense index of the node.</param>
/// <param name="At">The earliest instant it fits there.</param>
public readonly record struct FitOffer(int Node, Model.Instant At);
