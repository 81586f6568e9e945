using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>Names a claim. The caller hands ids out; none is used twice for different claims.</summary>
/// <param name="Value">Any number; also the last tie-break wherever claims are ordered.</param>
public readonly record struct ClaimId(long Value) : IComparable<ClaimId>
{
    /// <inheritdoc/>
    public int CompareTo(ClaimId other) => Value.CompareTo(other.Value);

    /// <summary>The number with a sign before it: <c>#17</c>.</summary>
    public override string ToString() => $"#{Value}";
}

/// <summary>How firmly a claim holds its resources.</summary>
public enum ClaimKind
{
    /// <summary>Running now: cannot be taken back, only released. Counts at every instant until its expected end.</summary>
    Hard,

    /// <summary>Set aside for forecast work: reclaimable, expires, and is lent to preemptible work meanwhile.</summary>
    Soft,

    /// <summary>Running now on capacity that may be set aside for others: ended when that capacity is called in.</summary>
    Preemptible,
}

/// <summary>A claim on one node's resources over the half-open interval [<see cref="From"/>, <see cref="Until"/>).</summary>
public readonly record struct Claim
{
    /// <summary>Unique name.</summary>
    public ClaimId Id { get; init; }

    /// <summary>Dense index of the node, as <see cref="ReservationLedger.AddNode"/> gave it.</summary>
    public int Node { get; init; }

    /// <summary>Hard, soft or preemptible.</summary>
    public ClaimKind Kind { get; init; }

    /// <summary>Whom it is for: the caller's own index, of a stage for instance. The ledger only carries it.</summary>
    public int Owner { get; init; }

    /// <summary>What is claimed, of all resources at once; no component negative.</summary>
    public Resources Amount { get; init; }

    /// <summary>First instant claimed. Hard and preemptible claims run already: never after <see cref="ReservationLedger.Now"/>.</summary>
    public Instant From { get; init; }

    /// <summary>First instant no longer claimed: the expected end of running work, <see cref="Instant.Never"/> where unknown.</summary>
    public Instant Until { get; init; }

    /// <summary>Probability that the work claimed for comes, in [0, 1].</summary>
    public double Confidence { get; init; }

    /// <summary>Cost of not having the claim when its work comes, in the caller's unit of cost; for preemptible work the cost of ending it.</summary>
    public double Value { get; init; }

    /// <summary>When a soft claim lapses if it was not hardened; <see cref="Instant.Never"/> leaves it to <see cref="Until"/>.</summary>
    public Instant Expiry { get; init; }

    /// <summary>Expected loss if the claim is taken back: confidence x value. Least is taken back first.</summary>
    public double Worth => Confidence * Value;

    /// <summary>A claim of running work.</summary>
    public static Claim Hard(ClaimId id, int node, Resources amount, Instant from, Instant until, int owner = 0) => new()
    {
        Id = id,
        Node = node,
        Kind = ClaimKind.Hard,
        Owner = owner,
        Amount = amount,
        From = from,
        Until = until,
        Confidence = 1,
        Expiry = Instant.Never,
    };

    /// <summary>A claim for forecast work.</summary>
    public static Claim Soft(
        ClaimId id, int node, Resources amount, Instant from, Instant until, double confidence, double value, Instant expiry, int owner = 0) => new()
    {
        Id = id,
        Node = node,
        Kind = ClaimKind.Soft,
        Owner = owner,
        Amount = amount,
        From = from,
        Until = until,
        Confidence = confidence,
        Value = value,
        Expiry = expiry,
    };

    /// <summary>A claim of running work that may be ended when its capacity is called in.</summary>
    public static Claim Preemptible(ClaimId id, int node, Resources amount, Instant from, Instant until, double value, int owner = 0) => new()
    {
        Id = id,
        Node = node,
        Kind = ClaimKind.Preemptible,
        Owner = owner,
        Amount = amount,
        From = from,
        Until = until,
        Confidence = 1,
        Value = value,
        Expiry = Instant.Never,
    };

    /// <summary>The order claims are taken back in: least <see cref="Worth"/>, then latest <see cref="From"/> (least is lost), then <see cref="Id"/>.</summary>
    public static int CompareForReclaim(in Claim a, in Claim b)
    {
        var byWorth = a.Worth.CompareTo(b.Worth);
        if (byWorth != 0) return byWorth;
        var byFrom = b.From.CompareTo(a.From);
        return byFrom != 0 ? byFrom : a.Id.CompareTo(b.Id);
    }
}
