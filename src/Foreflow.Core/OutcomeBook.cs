using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core;

/// <summary>
/// Follows decisions to what became of them: replicas used or not, reservations redeemed, lent, taken back or expired,
/// forecasts right or wrong, second attempts faster or not. Fed with the events and plans of a journal after the pool has taken them in, so that a live
/// pool, a replay and the simulator tell the same. Memory is bounded, whatever happens.
/// </summary>
public sealed class OutcomeBook(PoolState pool)
{
    private readonly ReplicaWatch _replicas = new();
    private readonly ReservationWatch _reservations = new();
    private readonly ForecastWatch _forecasts = new();
    private readonly HedgeEnds _hedges = new();
    private readonly List<Outcome> _settled = [];

    /// <summary>Changes in replicas, reservations and second attempts that are not settled yet.</summary>
    public int Open => _replicas.Open + _reservations.Open + _hedges.Open;

    /// <summary>An event was applied to the pool.</summary>
    public void Applied(JournalEvent happened)
    {
        if (happened is ReplicaEnded ended) _replicas.Ended(ended, pool.Snapshot.Now);
        else if (happened is AttemptEnded attempt) _hedges.Ended(pool.Snapshot, attempt, _settled);
    }

    /// <summary>A plan was carried out on the pool.</summary>
    public void Carried(CyclePlan plan)
    {
        var snapshot = pool.Snapshot;
        if (plan.Full) _replicas.Look(snapshot, _settled);
        if (!plan.Replicas.IsEmpty) _replicas.Decided(snapshot, plan.Generation, plan.Replicas, _settled);
        if (!plan.Work.IsEmpty || !plan.Hedges.IsEmpty) _replicas.Placed(snapshot, plan.Work, plan.Hedges);
        foreach (var step in plan.Relief) _settled.Add(new ReliefOutcome(plan.At, step.StageName, plan.Generation, step));
        if (!plan.Hedges.IsEmpty) _hedges.Started(snapshot, plan.Generation, plan.Hedges);
        if (!plan.Claims.IsEmpty) _reservations.Claimed(snapshot, plan.Generation, plan.Claims, plan.Replicas, _settled);
        if (_reservations.Open > 0 && (plan.Full || LendsRoom(plan))) _reservations.Look(snapshot, pool.Ledger, _settled);
        if (plan.Full) _forecasts.Look(snapshot, plan.Demand, _settled);
    }

    /// <summary>What was settled since this was last asked, in the order it was.</summary>
    public ImmutableArray<Outcome> Take()
    {
        if (_settled.Count == 0) return [];
        ImmutableArray<Outcome> taken = [.. _settled];
        _settled.Clear();
        return taken;
    }

    /// <summary>The journal ends here: settles all that is open with what is known of it.</summary>
    public void Close()
    {
        _replicas.Close(pool.Snapshot, _settled);
        _reservations.Close(pool.Snapshot, _settled);
        _forecasts.Close(pool.Snapshot, _settled);
        _hedges.Close(pool.Snapshot, _settled);
    }

    private static bool LendsRoom(CyclePlan plan)
    {
        foreach (var work in plan.Work)
            if (work.Reason == AssignmentReason.LentReservation) return true;
        return !plan.Hedges.IsEmpty;
    }
}
