using System.Collections.Immutable;
using System.Reflection;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>Every kind of decision in a plan has a reason with its numbers, in the plan and in words.</summary>
public class DecisionKindsTests
{
    /// <summary>What a plan says beside decisions.</summary>
    private static readonly string[] NoDecisions = [nameof(CyclePlan.Demand), nameof(CyclePlan.Memories)];

    private static readonly Dictionary<string, Func<CyclePlan, IEnumerable<string>>> Words = new()
    {
        [nameof(CyclePlan.Replicas)] = plan => plan.Replicas.Select(d => Explanations.Of(d)),
        [nameof(CyclePlan.Advice)] = plan => plan.Advice.Select(d => Explanations.Of(d)),
        [nameof(CyclePlan.Claims)] = plan => plan.Claims.Select(c => Explanations.Of(c)),
        [nameof(CyclePlan.Work)] = plan => plan.Work.Select(Explanations.Of),
        [nameof(CyclePlan.Preempted)] = plan => plan.Preempted.Select(t => Explanations.OfPreempted(t, plan.Claims)),
        [nameof(CyclePlan.Paused)] = plan => plan.Paused.Select(t => Explanations.OfPaused(t, plan.Claims)),
        [nameof(CyclePlan.Resumed)] = plan => plan.Resumed.Select(t => Explanations.OfResumed(t, plan.Claims)),
        [nameof(CyclePlan.Ladder)] = plan => plan.Ladder.Select(Explanations.Of),
        [nameof(CyclePlan.Hedges)] = plan => plan.Hedges.Select(Explanations.Of),
        [nameof(CyclePlan.Relief)] = plan => plan.Relief.Select(Explanations.Of),
        [nameof(CyclePlan.Quarantined)] = plan => plan.Quarantined.Select(held => Explanations.Of(held)),
        [nameof(CyclePlan.Refused)] = plan => plan.Refused.Select(Explanations.Of),
    };

    [Fact]
    public void A_plan_holds_no_kind_of_decision_without_words()
    {
        var kinds = typeof(CyclePlan).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.PropertyType.IsGenericType && p.PropertyType.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
            .Select(p => p.Name).Except(NoDecisions);
        Assert.Equal(Words.Keys.Order(), kinds.Order());
    }

    [Fact]
    public void Each_decision_of_each_kind_gives_the_numbers_it_rests_on()
    {
        var told = Words.Keys.ToDictionary(k => k, _ => 0);
        void Look(CyclePlan plan)
        {
            foreach (var (kind, words) in Words)
            {
                foreach (var text in words(plan))
                {
                    told[kind]++;
                    Assert.Contains(": ", text, StringComparison.Ordinal);
                    Assert.True(text.Split(": ", 2)[1].Length > 5, $"{kind}: {text}");
                    Assert.True(text.Any(char.IsAsciiDigit), $"{kind}: {text}");
                }
            }

            Assert.All(plan.Replicas.Concat(plan.Advice), d => Assert.NotEmpty(d.Reason.Rule));
            Assert.All(plan.Claims, c => Assert.NotEmpty(c.Reason));
            // What is stopped is told with the claim that needs its room, and its worth.
            Assert.All(plan.Preempted, t => Assert.Contains("more urgent work", Explanations.OfPreempted(t, plan.Claims), StringComparison.Ordinal));
            Assert.All(plan.Paused, t => Assert.Contains("more urgent work", Explanations.OfPaused(t, plan.Claims), StringComparison.Ordinal));
        }

        foreach (var mode in new[] { PoolMode.On, PoolMode.Recommend }) Live(mode, Look);
        Interrupt(Look, memoryBytes: 5L << 30);
        Interrupt(Look, memoryBytes: 64 << 20);
        Hedge(Look);
        Crash(Look);
        Press(Look);
        Assert.All(told, kind => Assert.True(kind.Value > 0, $"no example of {kind.Key}"));
    }

    private static readonly PoolSettings Quick = new()
    {
        CyclePeriod = TimeSpan.FromSeconds(0.5), FineStep = TimeSpan.FromSeconds(0.5), FineHorizon = TimeSpan.FromSeconds(30), IdleTimeout = TimeSpan.FromSeconds(2),
    };

    private static void Live(PoolMode mode, Action<CyclePlan> look)
    {
        var driver = new PoolDriver(Quick with { Mode = mode }, PolicySet.Ahead) { Carried = look };
        driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(4000, 8L << 30)));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
        {
            Name = "w",
            Stages =
            [
                new StageSpec { Name = "split", Kind = StageKind.Run, Request = new Resources(500, 64 << 20), ExecutionSecondsPrior = 3 },
                new StageSpec { Name = "count", Kind = StageKind.Worker, Needs = [0], Request = new Resources(500, 64 << 20), StartUpSecondsPrior = 2, MaxWait = TimeSpan.FromSeconds(0.5) },
            ],
        }));
        var life = new RandomLife(driver, 11);
        for (var step = 0; step < 60; step++) life.Step();
    }

    /// <summary>Batch work fills a node; then normal work comes, which stops it where both do not fit into memory, and pauses it where they do; and ends.</summary>
    private static void Interrupt(Action<CyclePlan> look, long memoryBytes)
    {
        var driver = new PoolDriver(Quick, PolicySet.Ahead) { Carried = look };
        driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(1000, 8L << 30)));
        for (var i = 0; i < 2; i++)
        {
            var (workflow, priority) = (i, i == 0 ? Priority.Batch : Priority.Normal);
            driver.Happen(t => new WorkflowRegistered(t, workflow, workflow, new WorkflowSpec
            {
                Name = $"w{workflow}", Priority = priority, Stages = [new StageSpec { Name = "s", Kind = StageKind.Run, Request = new Resources(1000, memoryBytes), ResourcesFixed = true }],
            }));
            driver.Happen(t => new RunArrived(t, workflow + 1, new RunId($"r{workflow}"), workflow));
            driver.Happen(t => new TasksReady(t, workflow + 1, workflow, workflow + 1, 0, 1, 1));
        }

        driver.Happen(t => new AttemptEnded(t, 2, AttemptCause.Succeeded));
    }

    /// <summary>Two batch attempts on a node whose memory runs out.</summary>
    private static void Press(Action<CyclePlan> look)
    {
        var driver = new PoolDriver(Quick, PolicySet.Ahead) { Carried = look };
        driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(4000, 8L << 30)));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
        {
            Name = "w", Priority = Priority.Batch, Stages = [new StageSpec { Name = "s", Kind = StageKind.Run, Request = new Resources(1000, 64 << 20), ResourcesFixed = true }],
        }));
        driver.Happen(t => new RunArrived(t, 1, new RunId("r"), 0));
        driver.Happen(t => new TasksReady(t, 1, 0, 1, 0, 2, 2));
        driver.Happen(t => new NodePressed(t, 0, 31));
        driver.Advance(3);
    }

    /// <summary>A worker whose command is not there.</summary>
    private static void Crash(Action<CyclePlan> look)
    {
        var driver = new PoolDriver(Quick, PolicySet.Ahead) { Carried = look };
        driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(4000, 8L << 30)));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec { Name = "w", Stages = [new StageSpec { Name = "s", Kind = StageKind.Worker, Request = new Resources(500, 64 << 20), MaxReplicas = 1 }] }));
        driver.Happen(t => new RunArrived(t, 1, new RunId("r"), 0));
        driver.Happen(t => new TasksReady(t, 1, 0, 1, 0, 1, 1));
        for (var i = 0; i < 3; i++)
        {
            driver.Advance(1);
            var replica = driver.Pool.Snapshot.Stages[0].Replicas.Single().Number;
            driver.Happen(t => new ReplicaEnded(t, replica, AttemptCause.StartFailed, "no such command"));
        }
    }

    /// <summary>Forty short attempts, and one that does not end.</summary>
    private static void Hedge(Action<CyclePlan> look)
    {
        var driver = new PoolDriver(Quick, PolicySet.Ahead) { Carried = look };
        for (var i = 0; i < 2; i++)
        {
            var node = i;
            driver.Happen(t => new NodeJoined(t, node, new NodeId($"n{node}"), new Resources(4000, 8L << 30)));
        }

        driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
        {
            Name = "w", Stages = [new StageSpec { Name = "s", Kind = StageKind.Run, Request = new Resources(500, 64 << 20), ResourcesFixed = true, Idempotent = true }],
        }));
        driver.Happen(t => new RunArrived(t, 1, new RunId("r"), 0));
        for (var ticket = 1; ticket <= 41; ticket++)
        {
            driver.Happen(t => new TasksReady(t, 1, 0, ticket, ticket - 1, 1, 41));
            driver.Advance(ticket <= 40 ? 0.5 : 5);
            if (ticket <= 40) driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.Succeeded));
        }
    }
}
