using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Snapshot;
using Foreflow.Simulator;

namespace Foreflow.Bench.Memory;

/// <summary>How a cluster worked through a backlog.</summary>
/// <param name="AtOnce">Tasks that ran at once on average, from the start until no task waited: those that were killed do not count.</param>
/// <param name="Hours">Until the last task was done: at the end a few long tasks run alone, whatever they are granted.</param>
/// <param name="Kills">Attempts that were killed for want of memory.</param>
/// <param name="WastedGBh">Memory granted and not used, and all that was granted to attempts that were killed.</param>
internal sealed record Shift(double AtOnce, double Hours, int Kills, double WastedGBh)
{
    private static readonly PolicySet Policies = new() { Replication = StaticReplication.AtLeast("fixed") };

    /// <summary>Simulates it.</summary>
    public static Shift Of(Backlog backlog, bool sized, int atOnce)
    {
        var scenario = backlog.ToScenario(sized, atOnce);
        var granted = new Dictionary<long, (Instant At, double GB)>();
        var done = new List<(Instant From, Instant To)>();
        var (kills, wasted) = (0, 0.0);
        PoolState pool = null!;
        var nothingWaits = Instant.Never;
        var result = Simulation.Run(scenario, Policies, 1, tap: new SimulationTap(p => pool = p, Applied, Carried));
        if (result["runsCompleted"] != 1) throw new InvalidOperationException($"{backlog.Name}: the run did not end well");
        var hours = (nothingWaits - scenario.Start).TotalHours;
        return new Shift(done.Sum(d => Math.Max(0, (Instant.Min(d.To, nothingWaits) - d.From).TotalHours)) / hours, result["makespanSeconds"] / 3600, kills, wasted);

        void Carried(CyclePlan plan)
        {
            foreach (var work in plan.Work) granted[work.Ticket] = (plan.At, work.Granted.MemoryBytes / 1e9);
            if (pool.Snapshot.QueuedTasks == 0 && granted.Count > 0) nothingWaits = Instant.Min(nothingWaits, plan.At);
        }

        void Applied(JournalEvent happened)
        {
            if (happened is not AttemptEnded ended || !granted.Remove(ended.Ticket, out var grant)) return;
            var isKill = ended.Cause == AttemptCause.OutOfMemory;
            if (isKill) kills++;
            else done.Add((grant.At, ended.At));
            wasted += (ended.At - grant.At).TotalHours * (grant.GB - (isKill ? 0 : (ended.Usage?.MemoryPeakBytes ?? 0) / 1e9));
        }
    }
}
