using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core;

/// <summary>
/// Checks a plan against the snapshot it was made from, before it is carried out. Shares no code with the planner: it
/// adds up what nodes, replicas and gates would hold afterwards from the snapshot alone.
/// </summary>
public static class PlanChecker
{
    /// <summary>What is wrong with a plan; empty when nothing is.</summary>
    public static IReadOnlyList<string> Check(ClusterSnapshot snapshot, CyclePlan plan)
    {
        // Every event has its plan, and most change nothing: what is checked for some is set up only for those.
        if (plan.IsEmpty && plan.Generation == snapshot.Generation + 1 && plan.At == snapshot.Now) return [];
        var found = new List<string>();
        if (plan.Generation != snapshot.Generation + 1) found.Add($"generation {plan.Generation} does not follow {snapshot.Generation}");
        if (plan.At != snapshot.Now) found.Add($"made for {plan.At}, but it is {snapshot.Now}");
        if (plan.IsEmpty) return found;
        Dictionary<int, Resources>? held = null;
        var drained = plan.Replicas.IsEmpty ? Nothing : CheckReplicas(snapshot, plan, held = [], found);
        CheckWork(snapshot, plan, ref held, drained, found);
        if (!plan.Hedges.IsEmpty) CheckHedges(snapshot, plan, held ??= [], drained, found);
        CheckSuspects(snapshot, plan, found);
        CheckRelief(snapshot, plan, found);
        CheckNodes(snapshot, plan, held, found);
        CheckClaims(snapshot, plan, found);
        CheckBudget(snapshot, plan, found);
        return found;
    }

    private static readonly HashSet<long> Nothing = [];

    private static readonly Dictionary<long, Claim> NoClaims = [];

    private static HashSet<long> CheckReplicas(ClusterSnapshot snapshot, CyclePlan plan, Dictionary<int, Resources> held, List<string> found)
    {
        var drained = new HashSet<long>();
        var number = snapshot.NextReplica;
        var stages = new HashSet<int>();
        foreach (var decision in plan.Replicas)
        {
            var stage = snapshot.Stages[decision.Stage];
            if (!stages.Add(decision.Stage)) found.Add($"{stage.Id}: decided twice");
            var there = stage.Replicas.Count(r => r.Phase != ReplicaPhase.Draining && !r.Spare);
            var counted = decision.Starts.Count(s => !s.Spare) + (decision.Promoted?.Length ?? 0) - decision.Drains.Count(d => snapshot.Replica(d) is not { Spare: true });
            if (decision.Before != there) found.Add($"{stage.Id}: {decision.Before} replicas are there before, it says; there are {there}");
            if (string.IsNullOrEmpty(decision.Reason.Rule)) found.Add($"{stage.Id}: a decision without a reason");
            if (decision.Starts.Length > 0 && decision.Drains.Length > 0) found.Add($"{stage.Id}: starts and drains at once");
            if (decision.Before + counted != decision.Target) found.Add($"{stage.Id}: the changes do not lead to {decision.Target}");
            if (decision.Target > stage.Spec.MaxReplicas && decision.Starts.Length > 0) found.Add($"{stage.Id}: {decision.Target} replicas, at most {stage.Spec.MaxReplicas}");
            if (decision.Target < stage.Spec.MinReplicas && counted < 0) found.Add($"{stage.Id}: {decision.Target} replicas, at least {stage.Spec.MinReplicas}");
            CheckHealth(snapshot, stage, decision, found);
            foreach (var start in decision.Starts)
            {
                if (start.Replica != number++) found.Add($"{stage.Id}: replica {start.Replica} out of turn");
                if (!snapshot.Nodes[start.Node].Alive) found.Add($"{stage.Id}: replica {start.Replica} on a lost node");
                held[start.Node] = held.GetValueOrDefault(start.Node) + start.Granted;
            }

            foreach (var start in decision.Starts.Where(s => s.Spare)) CheckSpare(snapshot, plan, stage, start, found);
            foreach (var promoted in decision.Promoted ?? [])
                if (snapshot.Replica(promoted) is not { Spare: true, Phase: not ReplicaPhase.Draining } spare || spare.Stage != decision.Stage) found.Add($"{stage.Id}: promotes replica {promoted}, which does not stand by");
            foreach (var drain in decision.Drains)
            {
                if (snapshot.Replica(drain) is not { } replica || replica.Stage != decision.Stage) found.Add($"{stage.Id}: drains replica {drain}, which is not its own");
                else if (replica.Phase == ReplicaPhase.Starting && stage.Queued > stage.FreeSlots) found.Add($"{stage.Id}: drains replica {drain}, which waiting tasks wait for");
                if (!drained.Add(drain)) found.Add($"{stage.Id}: drains replica {drain} twice");
            }
        }

        return drained;
    }

    /// <summary>A replica that no demand speaks for: of a stage that is to have one, the only one, where its other replicas are not, while nothing of it waits.</summary>
    private static void CheckSpare(ClusterSnapshot snapshot, CyclePlan plan, StageState stage, ReplicaStart start, List<string> found)
    {
        if (!stage.Spec.Resilient && stage.Priority != Priority.Critical) found.Add($"{stage.Id}: a spare replica that nobody asked for");
        var others = stage.Replicas.Where(r => r.Phase != ReplicaPhase.Draining).ToList();
        if (others.Count == 0) found.Add($"{stage.Id}: a spare replica of a stage that has no other");
        if (others.Any(r => r.Spare) || plan.Replicas.Sum(d => d.Stage == stage.Index ? d.Starts.Length : 0) > 1) found.Add($"{stage.Id}: more than one spare replica");
        if (others.Any(r => r.Node == start.Node)) found.Add($"{stage.Id}: a spare replica on the node of the others");
        if (stage.ActiveReplicas >= stage.Spec.MaxReplicas) found.Add($"{stage.Id}: a spare replica beyond {stage.Spec.MaxReplicas}");
        if (stage.Queued > plan.Work.Count(w => snapshot.Task(w.Ticket)?.Stage == stage.Index)) found.Add($"{stage.Id}: a spare replica while tasks wait");
    }

    /// <summary>A stage whose replicas failed three times in a row is tried with one at a time, no sooner than a second after the last.</summary>
    private static void CheckHealth(ClusterSnapshot snapshot, StageState stage, ReplicaDecision decision, List<string> found)
    {
        if (decision.Starts.IsEmpty || stage.Health.Failures < 3) return;
        var since = stage.Health.FailedAt;
        if (stage.Replicas.Any(r => r.Phase == ReplicaPhase.Ready && r.StartedAt >= since && snapshot.Now - r.ReadyAt >= StageHealth.Proven)) return;
        if (snapshot.Now - since < TimeSpan.FromSeconds(1)) found.Add($"{stage.Id}: starts replicas though {stage.Health.Failures} failed in a row, the last at {since}");
        else if (decision.Starts.Length + stage.Replicas.Count(r => r.StartedAt >= since && r.Phase != ReplicaPhase.Draining) > 1)
            found.Add($"{stage.Id}: tries more than one replica though {stage.Health.Failures} failed in a row");
    }

    /// <summary>A task that has ended workers is alone with the one that serves it.</summary>
    private static void CheckSuspects(ClusterSnapshot snapshot, CyclePlan plan, List<string> found)
    {
        // Nearly always one task goes to a replica that has nothing else: nobody is beside it.
        if (plan.Hedges.IsEmpty && (plan.Work.IsEmpty || (plan.Work.Length == 1 && snapshot.Replica(plan.Work[0].Replica) is not { InFlight: > 0 }))) return;
        foreach (var served in plan.Work.Concat(plan.Hedges.Select(h => h.Work)).Where(w => w.Replica >= 0).GroupBy(w => w.Replica))
        {
            if (snapshot.Replica(served.Key) is not { } replica) continue;
            var running = snapshot.Stages[replica.Stage].InFlight.Where(t => t.Replica == served.Key).ToList();
            var suspects = running.Count(t => t.WorkersEnded > 0) + served.Count(w => snapshot.Task(w.Ticket) is { WorkersEnded: > 0 });
            if (suspects > 0 && running.Count + served.Count() > 1) found.Add($"replica {served.Key} gets others beside a task that has ended workers");
        }
    }

    /// <summary>
    /// What is done about memory: one step a node in five seconds; only batch attempts that hold no gate are frozen, at 20 % or more and
    /// never the last that runs; what is frozen goes on below that or where nothing else runs, and is stopped after two minutes or at 40 % alone.
    /// </summary>
    private static void CheckRelief(ClusterSnapshot snapshot, CyclePlan plan, List<string> found)
    {
        if (plan.Relief.IsEmpty) return;
        var nodes = new HashSet<int>();
        foreach (var step in plan.Relief)
        {
            var node = snapshot.Nodes[step.Node];
            if (string.IsNullOrEmpty(step.Reason)) found.Add($"ticket {step.Ticket}: a step about memory without a reason");
            if (!nodes.Add(step.Node) || (node.RelievedAt is { } at && snapshot.Now - at < TimeSpan.FromSeconds(5))) found.Add($"node {node.Id}: one step about memory follows another too soon");
            if (snapshot.Task(step.Ticket) is not { Running: true } task || task.Node != step.Node)
            {
                found.Add($"ticket {step.Ticket}: a step about memory, and it does not run on node {node.Id}");
                continue;
            }

            var stage = snapshot.Stages[task.Stage];
            var percent = node.Memory.Percent;
            if (plan.Paused.Contains(step.Ticket) || plan.Preempted.Contains(step.Ticket)) found.Add($"ticket {step.Ticket} is paused or stopped twice");
            switch (step.Action)
            {
                case Scheduling.ReliefAction.Freeze:
                    if (task.Frozen || task.Paused || percent < 20) found.Add($"ticket {step.Ticket} is frozen at {percent} %, or stands still already");
                    if (stage.Priority != Priority.Batch || stage.Spec.Kind != StageKind.Run || !stage.Spec.Gates.IsEmpty || task.HedgeOf != 0) found.Add($"ticket {step.Ticket} is frozen and may not be");
                    if (!snapshot.Stages.Any(s => s.InFlight.Any(t => t != task && t.Node == step.Node && !t.Frozen && !t.Paused))) found.Add($"ticket {step.Ticket} is frozen, the last that runs on node {node.Id}");
                    break;
                case Scheduling.ReliefAction.Thaw:
                    if (!task.Frozen || (percent >= 20 && snapshot.Stages.Any(s => s.InFlight.Any(t => t.Node == step.Node && !t.Frozen && !t.Paused)))) found.Add($"ticket {step.Ticket} goes on at {percent} %, or is not frozen");
                    break;
                default:
                    if (task.HedgeOf == 0 && !(task.Frozen && (percent >= 40 || snapshot.Now - task.FrozenAt >= TimeSpan.FromMinutes(2)))) found.Add($"ticket {step.Ticket} is stopped at {percent} %, frozen at {task.FrozenAt}");
                    break;
            }
        }
    }

    private static void CheckWork(ClusterSnapshot snapshot, CyclePlan plan, ref Dictionary<int, Resources>? held, HashSet<long> drained, List<string> found)
    {
        if (plan.Work.IsEmpty) return;
        // Most plans start one task: nothing of it can come twice, and the sums are that one.
        var tickets = plan.Work.Length > 1 ? new HashSet<long>() : null;
        var slots = plan.Work.Length > 1 ? new Dictionary<long, int>() : null;
        SortedDictionary<string, int>? gates = null;
        foreach (ref readonly var work in plan.Work.AsSpan())
        {
            if (tickets is not null && !tickets.Add(work.Ticket)) found.Add($"ticket {work.Ticket} starts twice");
            if (snapshot.Task(work.Ticket) is not { Running: false } task)
            {
                found.Add($"ticket {work.Ticket} does not wait");
                continue;
            }

            var stage = snapshot.Stages[task.Stage];
            if (!snapshot.Nodes[work.Node].Alive) found.Add($"ticket {work.Ticket} goes to a lost node");
            if (stage.Spec.Kind == StageKind.Worker)
            {
                var replica = snapshot.Replica(work.Replica);
                if (replica is not { Phase: ReplicaPhase.Ready } || replica.Stage != task.Stage || drained.Contains(work.Replica))
                {
                    found.Add($"ticket {work.Ticket} goes to replica {work.Replica}, which does not take it");
                    continue;
                }

                var taken = 1;
                if (slots is not null) slots[work.Replica] = taken = slots.GetValueOrDefault(work.Replica) + 1;
                if (replica.InFlight + taken > stage.Spec.SlotsPerReplica) found.Add($"replica {work.Replica} gets more than its {stage.Spec.SlotsPerReplica} slots");
            }

            if (!work.Granted.IsZero) Add(ref held, work.Node, work.Granted);
            if (stage.Spec.Gates.IsEmpty) continue;
            gates ??= new(StringComparer.Ordinal);
            foreach (var (gate, amount) in stage.Spec.Gates) gates[gate] = gates.GetValueOrDefault(gate) + amount;
        }

        if (gates is not null) CheckGates(snapshot, gates, found);
    }

    private static void CheckGates(ClusterSnapshot snapshot, SortedDictionary<string, int> gates, List<string> found)
    {
        foreach (var (gate, amount) in gates)
        {
            if (snapshot.GateCapacity(gate) is { } capacity && snapshot.GatesHeld.GetValueOrDefault(gate) + amount > capacity)
                found.Add($"gate {gate}: {snapshot.GatesHeld.GetValueOrDefault(gate)} + {amount} of {capacity}");
            if (snapshot.Gates.Rate(gate) is { } rate && snapshot.Gates.Spent(gate, snapshot.Now) + amount > rate.Units)
                found.Add($"gate {gate}: {snapshot.Gates.Spent(gate, snapshot.Now)} + {amount} of {rate.Units} within {rate.Period}");
            if (!snapshot.Settings.GatesByLease || (snapshot.GateCapacity(gate) is null && snapshot.Gates.Rate(gate) is null)) continue;
            var used = snapshot.Gates.Rate(gate) is null ? snapshot.GatesHeld.GetValueOrDefault(gate) : snapshot.Gates.Spent(gate, snapshot.Now);
            if (used + amount > snapshot.Gates.Granted.GetValueOrDefault(gate).Units)
                found.Add($"gate {gate}: {used} + {amount} of {snapshot.Gates.Granted.GetValueOrDefault(gate).Units} by its lease");
        }
    }

    private static void CheckHedges(ClusterSnapshot snapshot, CyclePlan plan, Dictionary<int, Resources> held, HashSet<long> drained, List<string> found)
    {
        var ofStage = new Dictionary<int, int>();
        var slots = plan.Work.Where(w => w.Replica >= 0).GroupBy(w => w.Replica).ToDictionary(g => g.Key, g => g.Count());
        foreach (var (hedged, work, reason) in plan.Hedges)
        {
            if (snapshot.Task(hedged) is not { Running: true, HedgeOf: 0, HedgedBy: 0 } task)
            {
                found.Add($"ticket {hedged} is hedged: it does not run, or was hedged before");
                continue;
            }

            var stage = snapshot.Stages[task.Stage];
            if (!stage.Spec.Idempotent || stage.Spec.Gates.Count > 0) found.Add($"{stage.Id}: hedged, and its tasks may not be done twice");
            if (task.WorkersEnded > 0) found.Add($"ticket {hedged} is hedged though it has ended workers");
            if (work.Ticket != -hedged) found.Add($"ticket {hedged} is hedged under ticket {work.Ticket}");
            if (!snapshot.Nodes[work.Node].Alive) found.Add($"ticket {hedged} is hedged on a lost node");
            if (reason.Observations < 20 || reason.ElapsedSeconds < reason.LateAfterSeconds || Math.Abs((snapshot.Now - task.StartedAt).TotalSeconds - reason.ElapsedSeconds) > 1e-3)
                found.Add($"ticket {hedged} is hedged though it is not late");
            var hedges = ofStage[task.Stage] = ofStage.GetValueOrDefault(task.Stage) + 1;
            if (stage.Hedges + hedges > (snapshot.Settings.HedgeShare * stage.TasksStarted) + 1e-6)
                found.Add($"{stage.Id}: {stage.Hedges} + {hedges} hedges of {stage.TasksStarted} attempts, {snapshot.Settings.HedgeShare} allowed");
            if (stage.Queued > plan.Work.Count(w => snapshot.Task(w.Ticket)?.Stage == task.Stage)) found.Add($"{stage.Id}: hedged while tasks wait");
            if (work.Replica == task.Replica && work.Replica >= 0) found.Add($"ticket {hedged} is hedged by the replica that has it");
            if (stage.Spec.Kind == StageKind.Worker)
            {
                if (!Takes(stage, work.Replica)) found.Add($"ticket {hedged} is hedged by replica {work.Replica}, which does not take it");
                if (work.Node == task.Node && stage.Replicas.Any(r => r.Node != task.Node && snapshot.Nodes[r.Node].Alive && Takes(stage, r.Number)))
                    found.Add($"ticket {hedged} is hedged on its own node, and another has a replica free");
                slots[work.Replica] = slots.GetValueOrDefault(work.Replica) + 1;
                continue;
            }

            if (work.Node == task.Node && snapshot.Nodes.Any(n => n.Index != task.Node && IsHalfEmpty(n, task.Granted)))
                found.Add($"ticket {hedged} is hedged on its own node, and another is half empty");
            if (!work.Granted.IsZero) held[work.Node] = held.GetValueOrDefault(work.Node) + work.Granted;
        }

        bool Takes(StageState stage, long number) =>
            snapshot.Replica(number) is { Phase: ReplicaPhase.Ready } replica && replica.Stage == stage.Index && !drained.Contains(number)
            && replica.InFlight + slots.GetValueOrDefault(number) < stage.Spec.SlotsPerReplica;

        // What others use, or will use, is at most half of a node to whoever plans.
        bool IsHalfEmpty(NodeState node, in Resources more)
        {
            if (!node.Alive) return false;
            var total = node.Claimed + held.GetValueOrDefault(node.Index) + more;
            for (var kind = ResourceKind.Cpu; kind <= ResourceKind.Disk; kind++)
                if (node.Capacity[kind] > 0 && total[kind] > node.Capacity[kind] / 2) return false;
            return true;
        }
    }

    private static void CheckNodes(ClusterSnapshot snapshot, CyclePlan plan, Dictionary<int, Resources>? held, List<string> found)
    {
        foreach (var ticket in plan.Preempted)
        {
            if (snapshot.Task(ticket) is not { Running: true } task) found.Add($"preempts ticket {ticket}, which does not run");
            else Add(ref held, task.Node, Resources.Zero - (task.Paused ? MemoryOf(task.Granted) : task.Granted));
        }

        foreach (var ticket in plan.Paused)
        {
            if (snapshot.Task(ticket) is not { Running: true, Paused: false } task) found.Add($"pauses ticket {ticket}, which does not run");
            else Add(ref held, task.Node, MemoryOf(task.Granted) - task.Granted);
        }

        foreach (var ticket in plan.Resumed)
        {
            if (snapshot.Task(ticket) is not { Paused: true } task) found.Add($"resumes ticket {ticket}, which is not paused");
            else Add(ref held, task.Node, task.Granted - MemoryOf(task.Granted));
        }

        if (held is null) return;
        foreach (var (node, amount) in held.OrderBy(h => h.Key))
        {
            var state = snapshot.Nodes[node];
            var total = state.Claimed + amount;
            for (var kind = ResourceKind.Cpu; kind <= ResourceKind.Disk; kind++)
            {
                // A capacity of 0 of network or disk means unknown: nothing is accounted for.
                if (amount[kind] > 0 && state.Capacity[kind] > 0 && total[kind] > state.Capacity[kind])
                    found.Add($"node {state.Id}: {total[kind]} of {state.Capacity[kind]} {kind} claimed");
            }
        }
    }

    private static void Add(ref Dictionary<int, Resources>? held, int node, in Resources more)
    {
        held ??= [];
        held[node] = held.GetValueOrDefault(node) + more;
    }

    private static Resources MemoryOf(in Resources granted) => new(0, granted.MemoryBytes);

    private static void CheckClaims(ClusterSnapshot snapshot, CyclePlan plan, List<string> found)
    {
        HashSet<long>? preempted = null;
        var entered = plan.Claims.IsEmpty ? NoClaims : CheckSteps(snapshot, plan, ref preempted, found);
        foreach (var decision in plan.Replicas)
            foreach (var start in decision.Starts)
                if (!IsClaimed(entered, (start.Replica * 4) + 1, start.Node, start.Granted)) found.Add($"replica {start.Replica}: no claim of what it is granted on its node");
        foreach (ref readonly var work in plan.Work.AsSpan())
            if (!work.Granted.IsZero && !IsClaimed(entered, work.Ticket * 4, work.Node, work.Granted)) found.Add($"ticket {work.Ticket}: no claim of what it is granted on its node");
        foreach (var (_, work, _) in plan.Hedges)
            if (!work.Granted.IsZero && !IsClaimed(entered, work.Ticket * 4, work.Node, work.Granted)) found.Add($"ticket {work.Ticket}: no claim of what it is granted on its node");
        if (preempted is not null || !plan.Preempted.IsEmpty) CheckPreempted(plan, preempted ?? Nothing, entered, found);
        foreach (var ticket in plan.Paused)
            if (snapshot.Task(ticket) is { } task && !IsClaimed(entered, ticket * 4, task.Node, MemoryOf(task.Granted))) found.Add($"ticket {ticket} is paused: no claim of its memory on its node");
        foreach (var ticket in plan.Resumed)
            if (snapshot.Task(ticket) is { } task && !IsClaimed(entered, ticket * 4, task.Node, task.Granted)) found.Add($"ticket {ticket} goes on: no claim of what it is granted on its node");
        if (!plan.Ladder.IsEmpty || !plan.Paused.IsEmpty || !plan.Preempted.IsEmpty) CheckLadder(plan, found);
    }

    private static bool IsClaimed(Dictionary<long, Claim> entered, long id, int node, in Resources amount) =>
        entered.TryGetValue(id, out var claim) && claim.Node == node && claim.Amount == amount && claim.Kind != ClaimKind.Soft;

    /// <summary>The claims that are entered, by id, and the tickets whose claims are taken back.</summary>
    private static Dictionary<long, Claim> CheckSteps(ClusterSnapshot snapshot, CyclePlan plan, ref HashSet<long>? preempted, List<string> found)
    {
        // Claims are named by what they are for: tickets, replicas and forecasts by the remainder of four.
        var entered = new Dictionary<long, Claim>();
        foreach (var step in plan.Claims)
        {
            var claim = step.Claim;
            if (string.IsNullOrEmpty(step.Reason)) found.Add($"claim {claim.Id}: a step without a reason");
            switch (step.Operation)
            {
                case ClaimOperation.Reclaim when claim.Kind == ClaimKind.Hard:
                    found.Add($"claim {claim.Id} runs and cannot be taken back");
                    break;
                case ClaimOperation.Reclaim when claim.Kind == ClaimKind.Preemptible:
                    (preempted ??= []).Add(claim.Id.Value / 4);
                    break;
                case ClaimOperation.Release:
                    entered.Remove(claim.Id.Value);
                    break;
                case ClaimOperation.Reserve:
                    if (!entered.TryAdd(claim.Id.Value, claim)) found.Add($"claim {claim.Id} is entered twice");
                    CheckClaim(snapshot, claim, found);
                    break;
            }
        }

        return entered;
    }

    private static void CheckPreempted(CyclePlan plan, HashSet<long> reclaimed, Dictionary<long, Claim> entered, List<string> found)
    {
        if (!reclaimed.Where(t => !entered.ContainsKey(t * 4)).ToHashSet().SetEquals(plan.Preempted)) found.Add("the attempts it preempts are not those whose claims it takes back");
    }

    private static void CheckLadder(CyclePlan plan, List<string> found)
    {
        var pauses = 0;
        for (var i = 0; i < plan.Ladder.Length; i++)
        {
            if (plan.Ladder[i].Rung == Scheduling.LadderRung.Pause) pauses++;
            if (string.IsNullOrEmpty(plan.Ladder[i].Reason)) found.Add("a step on the ladder without a reason");
            if (i > 0 && plan.Ladder[i].Rung < plan.Ladder[i - 1].Rung) found.Add($"the ladder goes down from {plan.Ladder[i - 1].Rung} to {plan.Ladder[i].Rung}");
        }

        if (pauses < plan.Paused.Length + plan.Preempted.Length) found.Add($"{plan.Paused.Length} attempts paused and {plan.Preempted.Length} stopped, but {pauses} steps on the ladder say so");
    }

    private static void CheckClaim(ClusterSnapshot snapshot, in Claim claim, List<string> found)
    {
        if (claim.Node < 0 || claim.Node >= snapshot.Nodes.Count || !snapshot.Nodes[claim.Node].Alive)
        {
            found.Add($"claim {claim.Id}: node {claim.Node} is not there");
            return;
        }

        if (claim.Until <= claim.From) found.Add($"claim {claim.Id} holds for no time");
        if (claim.Confidence is not (> 0 and <= 1)) found.Add($"claim {claim.Id}: a confidence of {claim.Confidence}");
        if (claim.Kind == ClaimKind.Soft && claim.Until < snapshot.Now) found.Add($"claim {claim.Id} is for a time that is past");
        var capacity = snapshot.Nodes[claim.Node].Capacity;
        if (claim.Amount.CpuMillicores > capacity.CpuMillicores || claim.Amount.MemoryBytes > capacity.MemoryBytes)
            found.Add($"claim {claim.Id} is for more than node {snapshot.Nodes[claim.Node].Id} has");
    }

    private static void CheckBudget(ClusterSnapshot snapshot, CyclePlan plan, List<string> found)
    {
        if (plan.Replicas.IsEmpty) return;
        var ahead = plan.Replicas.SelectMany(r => r.Starts).Where(s => s is { Ahead: true, Spare: false }).Sum(s => s.Granted.CpuMillicores);
        if (ahead == 0) return;
        var idle = 0L;
        foreach (var stage in snapshot.Stages)
        {
            var unused = stage.Replicas.Where(r => r is { InFlight: 0, Spare: false }).Sum(r => r.Granted.CpuMillicores);
            idle += unused - (Math.Min(stage.Queued, stage.Replicas.Count) * stage.Spec.Request.CpuMillicores);
        }

        var allowed = snapshot.Settings.SpeculativeShare * snapshot.Nodes.Where(n => n.Alive).Sum(n => n.Capacity.CpuMillicores);
        if (Math.Max(0, idle) + ahead > allowed + 1) found.Add($"budget: {idle} + {ahead} millicores ahead of need, {allowed:0} allowed");
    }
}
