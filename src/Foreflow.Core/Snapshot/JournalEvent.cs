using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Snapshot;

/// <summary>
/// Everything a decision may depend on enters as one of these. Replaying a journal gives the same snapshots and so the
/// same plans. Nodes, workflows, stages, runs, tasks and replicas are named by small numbers that the events themselves
/// introduce, so that the fold needs no hashing of texts.
/// </summary>
/// <param name="At">When it happened, by the shell's clock. Never earlier than the event before it.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "e")]
[JsonDerivedType(typeof(NodeJoined), "node+")]
[JsonDerivedType(typeof(NodeSampled), "node")]
[JsonDerivedType(typeof(NodePressed), "pressure")]
[JsonDerivedType(typeof(NodeLost), "node-")]
[JsonDerivedType(typeof(WorkflowRegistered), "workflow")]
[JsonDerivedType(typeof(RunArrived), "run+")]
[JsonDerivedType(typeof(TasksReady), "ready")]
[JsonDerivedType(typeof(StageSettled), "settled")]
[JsonDerivedType(typeof(RunEnded), "run-")]
[JsonDerivedType(typeof(AttemptSampled), "sampled")]
[JsonDerivedType(typeof(AttemptEnded), "ended")]
[JsonDerivedType(typeof(TaskWithdrawn), "withdrawn")]
[JsonDerivedType(typeof(ReplicaReady), "replica+")]
[JsonDerivedType(typeof(ReplicaEnded), "replica-")]
[JsonDerivedType(typeof(ReplicationPaused), "paused")]
[JsonDerivedType(typeof(SettingsChanged), "settings")]
[JsonDerivedType(typeof(GatesGranted), "gates")]
[JsonDerivedType(typeof(TimePassed), "time")]
public abstract record JournalEvent(Instant At);

/// <summary>A node offers its capacity.</summary>
/// <param name="Node">Next free node number.</param>
/// <param name="Id">The node's name.</param>
/// <param name="Capacity">What it offers in all.</param>
/// <param name="NodeClass">Nodes of a class run a stage alike; profiles are kept per class.</param>
public sealed record NodeJoined(Instant At, int Node, NodeId Id, Resources Capacity, string NodeClass = "default") : JournalEvent(At);

/// <summary>A node tells what others use of it.</summary>
/// <param name="UsedByOthers">Use by processes that Foreflow did not start.</param>
public sealed record NodeSampled(Instant At, int Node, Resources UsedByOthers) : JournalEvent(At);

/// <summary>A node tells how short of memory it is.</summary>
/// <param name="MemoryPercent">Share of the last ten seconds in which something on it waited for memory, in percent.</param>
public sealed record NodePressed(Instant At, int Node, double MemoryPercent) : JournalEvent(At);

/// <summary>A node left; whatever ran on it is gone.</summary>
public sealed record NodeLost(Instant At, int Node) : JournalEvent(At);

/// <summary>A workflow became known, or a newer version took its place.</summary>
/// <param name="Workflow">Next free workflow number. A new version of a name gets a new number.</param>
/// <param name="FirstStage">Stage number of its first stage; the others follow.</param>
/// <param name="Spec">What planning knows of it.</param>
public sealed record WorkflowRegistered(Instant At, int Workflow, int FirstStage, WorkflowSpec Spec) : JournalEvent(At);

/// <summary>A run was accepted.</summary>
/// <param name="Run">Number of the run in this pool; never used twice.</param>
/// <param name="Recovered">True when the run was open before and is taken up again: not a new arrival.</param>
public sealed record RunArrived(Instant At, long Run, RunId Id, int Workflow, bool Recovered = false) : JournalEvent(At);

/// <summary>Tasks of a stage may start.</summary>
/// <param name="FirstTicket">Ticket of the first; the others follow. Tickets are never used twice.</param>
/// <param name="FirstIndex">Index of the first within the stage.</param>
/// <param name="Count">How many.</param>
/// <param name="StageTasks">How many tasks the stage has in this run in all.</param>
/// <param name="InputBytes">Size of each task's input; null where unknown.</param>
/// <param name="Attempt">Which try this is, from 1.</param>
/// <param name="AfterCause">Why the attempt before it ended; null for the first.</param>
/// <param name="GrantedBytes">Memory the attempt before it was granted; 0 for the first.</param>
/// <param name="OutOfMemoryKills">Attempts of the task that were killed for memory.</param>
/// <param name="WorkersEnded">Workers that ended while they had the task.</param>
public sealed record TasksReady(
    Instant At, long Run, int Stage, long FirstTicket, int FirstIndex, int Count, int StageTasks,
    long? InputBytes = null, int Attempt = 1, AttemptCause? AfterCause = null, long GrantedBytes = 0, int OutOfMemoryKills = 0, int WorkersEnded = 0) : JournalEvent(At);

/// <summary>A stage of a run is over: done, failed or skipped.</summary>
public sealed record StageSettled(Instant At, long Run, int Stage, bool Skipped = false) : JournalEvent(At);

/// <summary>A run is over.</summary>
public sealed record RunEnded(Instant At, long Run) : JournalEvent(At);

/// <summary>A running attempt uses more than was known of it.</summary>
/// <param name="Ticket">The ticket under which it was scheduled.</param>
/// <param name="Peak">Its highest use of each resource since its start; 0 where unknown.</param>
public sealed record AttemptSampled(Instant At, long Ticket, Resources Peak) : JournalEvent(At);

/// <summary>An attempt ended.</summary>
/// <param name="Ticket">The ticket under which it was scheduled.</param>
/// <param name="Usage">What it used; null where it never ran or nothing was measured.</param>
/// <param name="StartUp">From the node's order to start it until its process ran; null where a replica took it or nothing was measured.</param>
public sealed record AttemptEnded(Instant At, long Ticket, AttemptCause Cause, AttemptUsage? Usage = null, TimeSpan? StartUp = null) : JournalEvent(At);

/// <summary>A queued task is no longer wanted.</summary>
public sealed record TaskWithdrawn(Instant At, long Ticket) : JournalEvent(At);

/// <summary>A replica takes tasks from now on.</summary>
public sealed record ReplicaReady(Instant At, long Replica) : JournalEvent(At);

/// <summary>A replica is gone.</summary>
/// <param name="Error">What it said last, in short, for people; null where it ended well or said nothing.</param>
public sealed record ReplicaEnded(Instant At, long Replica, AttemptCause Cause, string? Error = null) : JournalEvent(At);

/// <summary>A person stopped or resumed automatic replication, of one stage or (null) of the pool.</summary>
public sealed record ReplicationPaused(Instant At, int? Stage, bool Paused) : JournalEvent(At);

/// <summary>The pool's settings were replaced.</summary>
public sealed record SettingsChanged(Instant At, PoolSettings Settings) : JournalEvent(At);

/// <summary>The leases of the pool on gates that it shares with others were renewed, or lapsed.</summary>
/// <param name="Gates">Every gate of which it may use any: takes the place of what was granted before.</param>
public sealed record GatesGranted(Instant At, ImmutableSortedDictionary<string, GateGrant> Gates) : JournalEvent(At);

/// <summary>Nothing but time: what a full cycle waits for.</summary>
public sealed record TimePassed(Instant At) : JournalEvent(At);
