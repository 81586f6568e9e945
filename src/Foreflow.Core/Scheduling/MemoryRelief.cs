using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using Foreflow.Core.Model;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>What is done about memory that runs out.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReliefAction>))]
public enum ReliefAction : byte
{
    /// <summary>An attempt stands still where it is: it asks for no more memory, and what it has can be written out.</summary>
    Freeze,

    /// <summary>A frozen attempt goes on.</summary>
    Thaw,

    /// <summary>An attempt is stopped, gives its memory back and waits again.</summary>
    Stop,
}

/// <summary>A step about memory that runs out.</summary>
/// <param name="Ticket">The attempt.</param>
/// <param name="Stage">Stage number.</param>
/// <param name="StageName">Name of the stage.</param>
/// <param name="Node">Where it runs.</param>
/// <param name="Action">What is done.</param>
/// <param name="PressurePercent">Share of the last ten seconds in which something on the node waited for memory.</param>
/// <param name="Reason">For people, with the numbers.</param>
public sealed record ReliefStep(long Ticket, int Stage, string StageName, int Node, ReliefAction Action, double PressurePercent, string Reason);

/// <summary>
/// Keeps a node from running out of memory, when all else has been done and its pressure says danger: nothing new starts
/// there, and one by one, each after what the step before did could be seen, second attempts are stopped and batch attempts
/// frozen, the youngest first. They hold what they hold meanwhile. Once there is calm they go on one by one, in the order
/// they were frozen. One that has been frozen for too long while danger lasts is stopped and waits again; so is the
/// youngest when there is nothing left to freeze and the pressure is twice what danger begins at.
/// </summary>
/// <remarks>
/// The last attempt that runs on a node is never frozen, and where nothing of ours runs, new work may start: what presses
/// then is somebody else's, and standing still would help nobody. An attempt that holds units of a gate is not frozen:
/// others would wait for it.
/// </remarks>
internal sealed class MemoryRelief
{
    /// <summary>From one step on a node to the next: half of what a mean over ten seconds takes to show it.</summary>
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(5);

    /// <summary>An attempt is frozen for no longer than this while danger lasts.</summary>
    private static readonly TimeSpan LongestFrozen = TimeSpan.FromMinutes(2);

    /// <summary>From this pressure on memory must be had: frozen attempts are stopped.</summary>
    private const double UrgentPercent = 2 * MemoryPressure.DangerPercent;

    private readonly KeptRoom _kept = new();

    /// <summary>Keeps all that is free of nodes in danger while a plan is made.</summary>
    public void KeepFree(ClusterSnapshot snapshot, ReservationLedger ledger)
    {
        if (snapshot.Pressed.Count == 0) return;
        foreach (var node in snapshot.Pressed.Select(index => snapshot.Nodes[index]))
            if (node.Alive && IsClosed(snapshot, node)) _kept.KeepAll(snapshot, node.Index, ledger);
    }

    /// <summary>Whether nothing new starts on a node: its memory runs out, and something of ours runs there.</summary>
    public static bool IsClosed(ClusterSnapshot snapshot, NodeState node) => node.InFlight > 0 && node.Memory.IsDanger(snapshot.Now);

    /// <summary>Gives it back.</summary>
    public void GiveBack(ReservationLedger ledger) => _kept.GiveBack(ledger);

    /// <summary>When there is a step to take by time alone; <see cref="Instant.Never"/> where there is none.</summary>
    public static Instant NextAfter(ClusterSnapshot snapshot)
    {
        var next = Instant.Never;
        if (snapshot.Pressed.Count == 0) return next;
        foreach (var node in snapshot.Pressed.Select(index => snapshot.Nodes[index]))
        {
            if (!node.Alive) continue;
            next = Instant.Min(next, node.Memory.NextChange(snapshot.Now));
            if (node.RelievedAt is { } at && at + Spacing > snapshot.Now) next = Instant.Min(next, at + Spacing);
        }

        foreach (var frozen in snapshot.Frozen)
            if (frozen.FrozenAt + LongestFrozen > snapshot.Now) next = Instant.Min(next, frozen.FrozenAt + LongestFrozen);
        return next;
    }

    /// <summary>The steps that are due, at most one a node, in the order of nodes.</summary>
    /// <param name="snapshot">The pool.</param>
    /// <param name="interrupted">Attempts that the same plan pauses or stops for others.</param>
    public static ImmutableArray<ReliefStep> Plan(ClusterSnapshot snapshot, IReadOnlyCollection<long> interrupted)
    {
        var steps = ImmutableArray.CreateBuilder<ReliefStep>();
        foreach (var node in snapshot.Pressed.Select(index => snapshot.Nodes[index]))
            if (node.Alive && !(snapshot.Now - node.RelievedAt < Spacing) && StepOn(snapshot, node, interrupted) is { } step) steps.Add(step);
        return steps.DrainToImmutable();
    }

    private static ReliefStep? StepOn(ClusterSnapshot snapshot, NodeState node, IReadOnlyCollection<long> interrupted)
    {
        var frozen = snapshot.Frozen.Where(f => f.Node == node.Index && !interrupted.Contains(f.Ticket)).ToList();
        var percent = node.Memory.Percent;
        if (!node.Memory.IsDanger(snapshot.Now))
            return frozen.Count == 0 || percent >= MemoryPressure.DangerPercent ? null : Step(frozen[0], ReliefAction.Thaw, $"{Pressure()} now, it stood still for {Seconds(frozen[0])} s");
        if (frozen.Count > 0 && snapshot.Now - frozen[0].FrozenAt >= LongestFrozen)
            return Step(frozen[0], ReliefAction.Stop, $"{Pressure()} still, and it has been frozen for {Seconds(frozen[0])} s");
        var (second, youngest, running) = LeastLost(snapshot, node, interrupted);
        if (running == 0 && frozen.Count > 0) return Step(frozen[0], ReliefAction.Thaw, $"{Pressure()}, but nothing else of ours runs there");
        if (percent < MemoryPressure.DangerPercent) return null;
        if (second is not null) return Step(second, ReliefAction.Stop, $"{Pressure()}, and another attempt of its task runs");
        if (youngest is not null && running > 1) return Step(youngest, ReliefAction.Freeze, Pressure());
        return frozen.Count > 0 && percent >= UrgentPercent
            ? Step(frozen[^1], ReliefAction.Stop, $"{Pressure()} with {Number(frozen.Count)} frozen: its memory must be had")
            : null;

        string Pressure() => string.Create(CultureInfo.InvariantCulture, $"something on {node.Id} waits for memory {percent:0.#} % of the time");
        string Seconds(TaskEntry task) => (snapshot.Now - task.FrozenAt).TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        ReliefStep Step(TaskEntry task, ReliefAction action, string reason) =>
            new(task.Ticket, task.Stage, snapshot.Stages[task.Stage].Id.ToString(), node.Index, action, percent, reason);
    }

    /// <summary>Of what runs on a node: the youngest second attempt, the youngest batch attempt that may be frozen, and how many attempts there are that do not stand still.</summary>
    private static (TaskEntry? Second, TaskEntry? Youngest, int Running) LeastLost(ClusterSnapshot snapshot, NodeState node, IReadOnlyCollection<long> interrupted)
    {
        TaskEntry? second = null, youngest = null;
        var running = 0;
        foreach (var stage in snapshot.Stages)
        {
            foreach (var task in stage.InFlight)
            {
                if (task.Node != node.Index || task.StandsStill || interrupted.Contains(task.Ticket)) continue;
                running++;
                if (stage.Spec.Kind != StageKind.Run) continue;
                if (task.HedgeOf != 0) second = Younger(second, task);
                else if (stage.Priority == Priority.Batch && stage.Spec.Gates.IsEmpty) youngest = Younger(youngest, task);
            }
        }

        return (second, youngest, running);
    }

    private static TaskEntry Younger(TaskEntry? one, TaskEntry other) =>
        one is null || (other.StartedAt, other.Ticket).CompareTo((one.StartedAt, one.Ticket)) > 0 ? other : one;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
