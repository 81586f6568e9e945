using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>Tasks as they were recorded: time, memory and input of each.</summary>
public sealed class RecordedTaskTests
{
    private const long GiB = 1L << 30;
    private static readonly Instant Started = Instant.FromUnixSeconds(1_767_571_200);

    [Fact]
    public void A_task_is_killed_where_its_memory_meets_its_limit_and_tried_again_with_more()
    {
        var ends = Run(new RecordedTask(10, GiB, 7), presetBytes: GiB / 2, atOnce: 1);

        Assert.InRange(ends.Count, 2, 5);
        Assert.All(ends.SkipLast(1), e => Assert.Equal(AttemptCause.OutOfMemory, e.Cause));
        Assert.Equal(AttemptCause.Succeeded, ends[^1].Cause);
        Assert.Equal(7, ends[^1].Usage!.InputBytes);
        Assert.Equal(GiB, ends[^1].Usage!.MemoryPeakBytes);
        Assert.InRange((ends[0].At - Started).TotalSeconds, 4.9, 5.1);
    }

    [Fact]
    public void Tasks_that_wait_ask_for_what_was_learnt_since_they_became_ready()
    {
        // By their presets two fit at once: forty tasks of ten seconds would take 200 seconds. They use a sixteenth of them.
        var ends = Run(new RecordedTask(10, GiB / 16), presetBytes: GiB, atOnce: 2, tasks: 40);

        Assert.Equal(40, ends.Count);
        Assert.True((ends[^1].At - ends[0].At).TotalSeconds < 90, $"{ends[^1].At - ends[0].At}");
    }

    private static List<AttemptEnded> Run(RecordedTask task, long presetBytes, int atOnce, int tasks = 1)
    {
        var definition = Workflow.Create("recorded")
            .Stage("work", s => s.Run("recorded").Replicas(0, 1000).Resources(new Resources(100, presetBytes), isFixed: false)).Build();
        var scenario = new Scenario
        {
            Start = Started,
            Nodes = [new SimulatedNode(new Resources(100_000, Math.Max(2 * GiB, atOnce * presetBytes)))],
            Workflows =
            [
                new SimulatedWorkflow
                {
                    Definition = DefinitionRewriting.Of(definition, [true], [false]),
                    Stages = [new StageModel { Time = TimeDistribution.Fixed(0), FanOut = TimeDistribution.Fixed(tasks), Recorded = [.. Enumerable.Repeat(task, tasks)] }],
                    Arrivals = new TracedArrivals([Started]),
                },
            ],
        };
        var ends = new List<AttemptEnded>();
        var result = Simulation.Run(
            scenario, new PolicySet { Replication = StaticReplication.AtLeast("fixed") }, 1,
            tap: new SimulationTap(_ => { }, e => { if (e is AttemptEnded ended) ends.Add(ended); }, _ => { }));
        Assert.Equal(1, result["runsCompleted"]);
        return ends;
    }
}
