using Foreflow.Core;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;
using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>The clairvoyant's levels: against everything that could be done where that can be counted, and carried out.</summary>
public sealed class LevelProgramTests
{
    private const int Enough = 100_000;

    [Fact]
    public void No_levels_cost_less_where_all_can_be_tried()
    {
        var random = new Random(11);
        for (var round = 0; round < 40; round++)
        {
            var tasks = SomeTasks(random, count: 6, span: 12);
            var plan = new LevelProgram(Enough).Solve(tasks, step: 2);
            Assert.True(plan.IsExact);
            Assert.Equal(LeastByTrial(tasks, 2), plan.Cost, 6);
        }
    }

    [Fact]
    public void Starts_keep_the_wait_and_cost_hardly_more_than_the_best_of_all_starts()
    {
        var random = new Random(12);
        var (best, found, simple) = (0.0, 0.0, 0.0);
        for (var round = 0; round < 40; round++)
        {
            var tasks = SomeTasks(random, count: 5, span: 12) with { Least = 0, Most = 6 };
            var plan = new LevelProgram(Enough).Solve(tasks, step: 1);
            for (var i = 0; i < plan.Starts.Length; i++) Assert.InRange(plan.Starts[i] - tasks.Ready[i], 0, tasks.MaxWait);
            var (least, cost) = (LeastByStarts(tasks, new long[tasks.Ready.Length], 0), CostOf(tasks, plan.Starts));
            Assert.True(cost >= least);
            Assert.True(cost <= plan.Cost, "what the levels cost covers what is used of them");
            (best, found, simple) = (best + least, found + cost, simple + CostOf(tasks, tasks.Ready));
        }

        // What is left out is to let a slot idle for the sake of a later task, and to give a waiting task to a replica that comes after it.
        Assert.InRange(found / best, 1, 1.06);
        Assert.True(simple / best > 1.1, "waiting saves something here");
    }

    [Fact]
    public void Narrow_beams_cost_little_more()
    {
        var random = new Random(13);
        var tasks = SomeTasks(random, count: 400, span: 1200) with { Most = 50 };
        var narrow = new LevelProgram(1).Solve(tasks, 2).Cost;
        var usual = new LevelProgram().Solve(tasks, 2).Cost;
        var wide = new LevelProgram(64).Solve(tasks, 2).Cost;
        Assert.True(wide <= usual && usual <= narrow);
        Assert.InRange(usual / wide, 1, 1.03);
    }

    [Fact]
    public void Too_few_replicas_let_as_few_tasks_wait_too_long_as_may_be()
    {
        var tasks = new StageTasks([0, 0, 0, 0], [10, 10, 10, 10], MaxWait: 5, StartUp: 20, Least: 0, Most: 2, Slots: 1);
        var plan = new LevelProgram().Solve(tasks, 1);
        Assert.Equal([0, 0, 10, 10], plan.Starts);
    }

    [Fact]
    public void Slots_of_a_replica_come_and_go_together()
    {
        var tasks = new StageTasks([0, 0, 0, 100, 100], [10, 10, 10, 10, 10], MaxWait: 0, StartUp: 20, Least: 0, Most: 9, Slots: 2);
        var plan = new LevelProgram().Solve(tasks, 1);
        Assert.Equal(tasks.Ready, plan.Starts);
        Assert.Equal((2 * (20 + 10)) + 20 + 10, ReplicaUse.Of([(0, 10), (0, 10), (0, 10), (100, 110), (100, 110)], 2, 0, 20).Cost(-100, 200));
    }

    [Fact]
    public void Bounds_of_memory_and_time_make_steps_wider()
    {
        var random = new Random(14);
        var ready = Enumerable.Range(0, 3000).Select(_ => random.NextInt64(100_000_000)).Order().ToArray();
        var tasks = new StageTasks(ready, Array.ConvertAll(ready, _ => 40_000L), MaxWait: 20_000, StartUp: 100_000, Least: 0, Most: 300, Slots: 1);
        var plan = new LevelProgram().Solve(tasks, step: 1);
        for (var i = 0; i < ready.Length; i++) Assert.InRange(plan.Starts[i] - ready[i], 0, 20_000);
    }

    /// <summary>The levels of the clairvoyant, ordered early enough, let no task of the simulator wait too long.</summary>
    [Fact]
    public void Carried_out_by_the_simulator_its_levels_violate_nothing()
    {
        const string Text =
            """
            warmUp: 10m
            duration: 2h
            nodes: [{ count: 8, cpu: 8, memory: 16Gi }]
            workflows:
              - name: desk
                arrivals: { process: seasonal, ratePerSecond: 0.05, seasons: [{ period: 30m, amplitude: 0.9, phase: 450s }] }
                stages:
                  only: { time: { distribution: lognormal, mean: 30s, cv: 0.7 }, startUp: 60s, maxWait: 15s, replicas: { max: 16 } }
            settings: { cyclePeriod: 1s }
            """;
        // It begins where next to nothing comes: what is ordered at the start is late, and these levels have nothing to catch up with.
        var scenario = ScenarioReader.Read(Text, "here.yaml", null);
        var (result, fleets) = Clairvoyant.Solve(scenario, 5);
        Assert.Equal(0, result["violationMinutes"]);
        var played = Simulation.Run(scenario, new PolicySet { Replication = new Scheduled(fleets, scenario.Settings.CyclePeriod), Order = TaskOrder.FirstCome }, 5);
        Assert.Equal(0, played["violationMinutes"]);
        Assert.InRange(played["replicaHours"] / result["replicaHours"], 1, 1.15);
        Assert.Equal(result["runsArrived"], played["runsArrived"]);
    }

    /// <summary>Levels known beforehand, each ordered a cycle early.</summary>
    private sealed class Scheduled(IReadOnlyList<ReplicaFleet> fleets, TimeSpan early) : IReplicationPolicy
    {
        public string Name => "scheduled";

        public bool UsesForecast => false;

        public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory)
        {
            var (from, until) = (snapshot.Now.Ticks, snapshot.Now.Ticks + (2 * early.Ticks));
            var there = fleets.Single(f => f.Stage == stage.Id).Use.On.Count(replica => replica.Any(on => on.From <= until && on.Until > from));
            // What starts will be needed: of two changes at once, the replica that goes waits for the one that comes.
            if (stage.Replicas.Any(r => r.Phase == ReplicaPhase.Starting)) there = Math.Max(there, stage.ActiveReplicas);
            return new ReplicaTarget(there, new ReplicaReason { Rule = Name });
        }
    }

    private static StageTasks SomeTasks(Random random, int count, int span)
    {
        var ready = Enumerable.Range(0, count).Select(_ => (long)random.Next(span)).Order().ToArray();
        var takes = Array.ConvertAll(ready, _ => (long)random.Next(1, 6));
        return new StageTasks(ready, takes, MaxWait: random.Next(5), StartUp: random.Next(1, 8), Least: random.Next(2), Most: 3, Slots: 1);
    }

    private static double CostOf(StageTasks tasks, long[] starts) => ReplicaUse
        .Of(starts.Zip(tasks.Takes, (s, t) => (Start: s, End: s + t)).OrderBy(r => r.Start), 1, tasks.Least, tasks.StartUp).Cost(-1000, 1000);

    private static double LeastByStarts(StageTasks tasks, long[] starts, int task)
    {
        if (task == starts.Length) return CostOf(tasks, starts);
        var least = double.PositiveInfinity;
        for (var wait = 0; wait <= tasks.MaxWait; wait++)
        {
            starts[task] = tasks.Ready[task] + wait;
            least = Math.Min(least, LeastByStarts(tasks, starts, task + 1));
        }

        return least;
    }

    /// <summary>Every path of levels, told without states to drop: what the cheapest costs.</summary>
    private static double LeastByTrial(StageTasks tasks, long step) => Try(tasks, step, 0, [.. Enumerable.Repeat(0L, tasks.Least)], 0);

    private static double Try(StageTasks tasks, long step, int at, List<long> free, int next)
    {
        var edge = tasks.Ready[0] + (at * step);
        if (next == tasks.Ready.Length) return free.Sum(f => Math.Max(0.0, f - edge));
        var least = double.PositiveInfinity;
        var idle = free.Count(f => f <= edge);
        for (var change = -idle; change <= tasks.Most - free.Count; change++)
        {
            if (free.Count + change < tasks.Least) continue;
            List<long> slots = change < 0 ? [.. free.Order().Skip(-change)] : [.. free, .. Enumerable.Repeat(edge, change)];
            var cost = (Math.Max(0, change) * (double)tasks.StartUp) + (slots.Count * (double)step);
            var task = next;
            for (; task < tasks.Ready.Length && tasks.Ready[task] < edge + step; task++)
            {
                if (slots.Count == 0) break;
                var slot = slots.IndexOf(slots.Min());
                var start = Math.Max(tasks.Ready[task], slots[slot]);
                if (start - tasks.Ready[task] > tasks.MaxWait) cost += 1e18;
                slots[slot] = start + tasks.Takes[task];
            }

            if (task < tasks.Ready.Length && tasks.Ready[task] < edge + step) continue;
            least = Math.Min(least, cost + Try(tasks, step, at + 1, slots, task));
        }

        return least;
    }
}
