using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>What a live pool lived through, simulated.</summary>
public class LivedHistoryTests
{
    /// <summary>A gate that never opens would make the simulation endless.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Gates_that_the_live_pool_used_by_lease_open_in_the_simulation()
    {
        var definition = Workflow.Create("gated").Gate("db", 1).Stage("load", s => s.Run("true").Gate("db")).Build();
        var start = Instant.FromUnixSeconds(1_000_000);
        var profile = new StageProfile();
        for (var i = 0; i < 20; i++) profile.Record(new AttemptRecord(start, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromSeconds(1) }));
        var history = new LivedHistory();
        history.Take(new SettingsChanged(start, new PoolSettings { GatesByLease = true }));
        history.Take(new NodeJoined(start, 0, new NodeId("a"), new Resources(4000, 8L << 30)));
        history.Take(new WorkflowRegistered(start, 0, 0, WorkflowSpecs.From(definition, new Resources(4000, 8L << 30))));
        for (var run = 0; run < 5; run++) history.Take(new RunArrived(start + TimeSpan.FromSeconds(10 * run), run, new RunId($"r{run}"), 0));

        var cancel = TestContext.Current.CancellationToken;
        var result = await Task.Run(() => Simulation.Run(history.ToScenario((_, _) => definition, _ => profile), PolicySet.Waiting, 1, cancel: cancel), cancel);

        Assert.Equal(5, result["runsCompleted"]);
    }
}
