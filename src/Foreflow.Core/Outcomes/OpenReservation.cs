using Foreflow.Core.Model;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Outcomes;

/// <summary>A reservation that is held.</summary>
internal sealed class OpenReservation(Instant at, long generation, ClaimStep first)
{
    private readonly Instant _at = at;
    private Instant _since = at;
    private Instant _lookedAt = at;
    private bool _isLent;
    private double _heldSeconds;
    private double _lentSeconds;
    private int _moves;

    /// <summary>The claim as it is now.</summary>
    public Claim Claim { get; private set; } = first.Claim;

    /// <summary>It was moved to another time or node.</summary>
    public void Move(in ClaimStep step, Instant now)
    {
        Pass(now);
        _heldSeconds += SecondsHeld(_since, now);
        (_since, _isLent) = (now, false);
        Claim = step.Claim;
        _moves++;
    }

    /// <summary>Takes in whether it is lent from now on.</summary>
    public void Look(Instant now, bool isLent)
    {
        Pass(now);
        _isLent = isLent;
    }

    /// <summary>Tells how it ended.</summary>
    public ReservationOutcome Settle(ClusterSnapshot snapshot, ReservationFate fate, Instant end)
    {
        Pass(end);
        return new ReservationOutcome(snapshot.Now, snapshot.Stages[Claim.Owner].Id.ToString())
        {
            Generation = generation,
            At = _at,
            Claim = Claim,
            Node = snapshot.Nodes[Claim.Node].Id.Value,
            Reason = first.Reason,
            Fate = fate,
            Moves = _moves,
            HeldSeconds = Math.Round(_heldSeconds + SecondsHeld(_since, end), 2),
            LentSeconds = Math.Round(_lentSeconds, 2),
        };
    }

    private void Pass(Instant now)
    {
        if (_isLent) _lentSeconds += SecondsHeld(_lookedAt, now);
        _lookedAt = Instant.Max(_lookedAt, now);
    }

    private double SecondsHeld(Instant from, Instant until) => Math.Max(0, (until - Instant.Max(from, Claim.From)).TotalSeconds);
}
