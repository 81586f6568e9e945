using System.Collections.Immutable;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Scheduling;

namespace Foreflow.Core;

/// <summary>
/// Everything one control cycle decided. Immutable; the executor has nothing left to choose. Workers reject a plan with
/// an older generation than one they have seen.
/// </summary>
/// <param name="Generation">One more than the plan before.</param>
/// <param name="At">When it was made.</param>
/// <param name="Full">True for a full cycle; false when only waiting work was placed.</param>
/// <param name="Policy">Name of the replication policy that decided.</param>
/// <param name="Demand">Demand curves, by stage number; empty when nothing is foreseen or the policy does not look ahead.</param>
/// <param name="Replicas">Changes in replicas, by stage number.</param>
/// <param name="Advice">Changes that would have been made if Foreflow were allowed to act (mode <c>recommend</c>, or a pause switch); not carried out.</param>
/// <param name="Claims">Changes of the ledger, in the order they are carried out.</param>
/// <param name="Work">Tasks that start now, in the order they were placed.</param>
/// <param name="Preempted">Tickets of attempts that are stopped so that more urgent work may start, and wait again.</param>
public sealed record CyclePlan(
    long Generation,
    Instant At,
    bool Full,
    string Policy,
    ImmutableArray<DemandCurve> Demand,
    ImmutableArray<ReplicaDecision> Replicas,
    ImmutableArray<ReplicaDecision> Advice,
    ImmutableArray<ClaimStep> Claims,
    ImmutableArray<Assignment> Work,
    ImmutableArray<long> Preempted)
{
    /// <summary>Tickets of attempts that stand still from now on, so that more urgent work may have their processors. They keep their memory and lose nothing.</summary>
    public ImmutableArray<long> Paused { get; init; } = [];

    /// <summary>Tickets of paused attempts that go on.</summary>
    public ImmutableArray<long> Resumed { get; init; } = [];

    /// <summary>What was done about room that was short, cheapest first.</summary>
    public ImmutableArray<LadderStep> Ladder { get; init; } = [];

    /// <summary>What the replication policy remembers of stages from now on. Not shown: it follows from the events, as the plan does.</summary>
    public ImmutableArray<StageMemory> Memories { get; init; } = [];

    /// <summary>Running attempts that get a second one beside them, in the order they were decided.</summary>
    public ImmutableArray<Hedge> Hedges { get; init; } = [];

    /// <summary>What is done about nodes whose memory runs out, in the order of nodes.</summary>
    public ImmutableArray<ReliefStep> Relief { get; init; } = [];

    /// <summary>Stages whose replicas fail again and again, by stage number. Empty in plans that only place work.</summary>
    public ImmutableArray<QuarantinedStage> Quarantined { get; init; } = [];

    /// <summary>Waiting tasks that are given up, because nothing that could serve them starts.</summary>
    public ImmutableArray<RefusedTask> Refused { get; init; } = [];

    /// <summary>True when carrying it out changes nothing.</summary>
    public bool IsEmpty =>
        Replicas.IsEmpty && Claims.IsEmpty && Work.IsEmpty && Preempted.IsEmpty && Hedges.IsEmpty && Paused.IsEmpty && Resumed.IsEmpty && Refused.IsEmpty && Relief.IsEmpty;
}

/// <summary>What the replication policy remembers of a stage.</summary>
/// <param name="Stage">Stage number.</param>
/// <param name="Memory">What it remembers; null for nothing.</param>
public readonly record struct StageMemory(int Stage, ReplicationMemory? Memory);
