using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Core.Outcomes;

/// <summary>How a reservation ended.</summary>
public enum ReservationFate : byte
{
    /// <summary>The replica it was made for started in its room.</summary>
    Redeemed,

    /// <summary>The replica it was made for exists, but elsewhere.</summary>
    MetElsewhere,

    /// <summary>It was no longer foreseen and given back.</summary>
    GivenBack,

    /// <summary>It was taken back for more urgent work.</summary>
    Reclaimed,

    /// <summary>Its time passed without use.</summary>
    Expired,

    /// <summary>Its node left.</summary>
    NodeLost,

    /// <summary>Running work took longer, or others took more of the node.</summary>
    CrowdedOut,

    /// <summary>The journal ended while it was held.</summary>
    Unknown,
}

/// <summary>What became of capacity that was set aside for a replica to come.</summary>
public sealed record ReservationOutcome(Instant SettledAt, string StageName) : Outcome(SettledAt, StageName)
{
    /// <summary>The plan that first set it aside.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was first set aside.</summary>
    public required Instant At { get; init; }

    /// <summary>What was set aside, as it was in the end.</summary>
    public required Claim Claim { get; init; }

    /// <summary>Name of the node.</summary>
    public required string Node { get; init; }

    /// <summary>Why, in the words of the plan that set it aside.</summary>
    public required string Reason { get; init; }

    /// <summary>How it ended.</summary>
    public required ReservationFate Fate { get; init; }

    /// <summary>How often it was moved to another time or node.</summary>
    public int Moves { get; init; }

    /// <summary>Seconds for which it kept room from others: from its start to its end; 0 where it ended before its start.</summary>
    public double HeldSeconds { get; init; }

    /// <summary>Of those, seconds for which its room was lent to preemptible work, as seen at each control cycle.</summary>
    public double LentSeconds { get; init; }

    /// <summary>Whether holding it was of use: a waste is what held room that was neither used nor lent.</summary>
    public Verdict Verdict => Fate switch
    {
        ReservationFate.Redeemed => Verdict.Hit,
        ReservationFate.Unknown => Verdict.Unknown,
        _ when LentSeconds >= HeldSeconds => Verdict.Free,
        _ when LentSeconds > 0 => Verdict.Partial,
        _ => Verdict.Waste,
    };
}
