using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Simulator.Scenarios;
using Foreflow.Traces.Sizing;
using Foreflow.Traces.Tasks;
using Foreflow.Traces.Workflows;

namespace Foreflow.Bench.Memory;

/// <summary>Recorded tasks of one kind, in the order they started.</summary>
/// <param name="Name">The kind.</param>
/// <param name="PresetBytes">Memory its author asked for.</param>
/// <param name="Cores">Cores its author asked for.</param>
internal sealed record TaskKind(string Name, long PresetBytes, double Cores, ImmutableArray<RecordedTask> Tasks);

/// <summary>Everything a recorded run had to do, waiting at once: what a cluster that is never idle works through.</summary>
internal sealed record Backlog(string Name, ImmutableArray<TaskKind> Kinds)
{
    public int Tasks => Kinds.Sum(k => k.Tasks.Length);

    /// <summary>Throughput over that with presets if every task were granted from the start just what it takes.</summary>
    public double MostGain => Kinds.Sum(k => k.Tasks.Sum(t => t.Seconds * k.PresetBytes)) / Kinds.Sum(k => k.Tasks.Sum(t => t.Seconds * t.MemoryBytes));

    /// <summary>A task trace. Its kinds ask for what most of their tasks asked for, and for enough that none is killed.</summary>
    public static Backlog OfTrace(string path)
    {
        var (tasks, _) = SizingFilter.None.Choose(TaskTraceFile.Read(path));
        return new Backlog(Path.GetFileName(path).Split('.')[0],
        [
            .. tasks.Where(t => t.IsCounted).GroupBy(t => t.Trace.Process, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new TaskKind(
                g.Key, Math.Max(MostFrequent(g.Select(t => t.PresetBytes)), g.Max(t => t.NeedBytes)), MostFrequent(g.Select(t => t.Cores)),
                [.. g.OrderBy(t => t.Started).Select(t => new RecordedTask(t.Hours * 3600, t.NeedBytes, t.Trace.InputBytes))])),
        ]);
    }

    /// <summary>A WfFormat instance, run several times over. It records no presets: every kind gets the given one, or twice its own largest task where that is more.</summary>
    public static Backlog OfInstance(string path, long presetBytes, int runs)
    {
        var history = WfFormatFile.Read(path);
        return new Backlog(Path.GetFileName(path).Split('.')[0],
        [
            .. history.Tasks.Where(t => t.MemoryBytes is not null && t.RuntimeSeconds > 0).GroupBy(t => t.Type, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new TaskKind(
                    g.Key, Math.Max(presetBytes, 2 * g.Max(t => t.MemoryBytes!.Value)), 1,
                    [.. Enumerable.Repeat(g.OrderBy(t => t.Index), runs).SelectMany(t => t).Select(t => new RecordedTask(t.RuntimeSeconds, t.MemoryBytes!.Value, t.InputBytes))])),
        ]);
    }

    /// <summary>The scenario: all tasks ready at the start, as many equal nodes as let so many of them run at once by their presets.</summary>
    /// <param name="sized">True to size by what is learnt on the way; false to grant the presets.</param>
    /// <param name="most">Most tasks at once; fewer where the backlog is short, so that nodes are busy for sixteen rounds of tasks.</param>
    public Scenario ToScenario(bool sized, int most)
    {
        var atOnce = Math.Clamp(Tasks / 16, 1, most);
        // Processors are never short: memory alone says how many run.
        var node = new Resources(1_000_000, 2 * Kinds.Max(k => k.PresetBytes));
        var presets = Kinds.Sum(k => (double)k.PresetBytes * k.Tasks.Length) / Tasks;
        var nodes = (int)Math.Max(1, Math.Round(atOnce * presets / node.MemoryBytes));
        var builder = Workflow.Create("backlog");
        for (var i = 0; i < Kinds.Length; i++)
        {
            var kind = Kinds[i];
            builder.Stage($"kind-{i}", s => s.Run("recorded").Replicas(0, kind.Tasks.Length)
                .Resources(new Resources((long)Math.Ceiling(kind.Cores * 1000), kind.PresetBytes), isFixed: !sized));
        }

        var start = new Scenario { Nodes = [], Workflows = [] }.Start;
        return new Scenario
        {
            Name = Name,
            Start = start,
            Nodes = [.. Enumerable.Repeat(new SimulatedNode(node), nodes)],
            Workflows =
            [
                new SimulatedWorkflow
                {
                    Definition = DefinitionRewriting.Of(builder.Build(), [.. Kinds.Select(_ => true)], [.. Kinds.Select(_ => false)]),
                    Stages = [.. Kinds.Select(k => new StageModel { Time = TimeDistribution.Fixed(0), FanOut = TimeDistribution.Fixed(k.Tasks.Length), Recorded = k.Tasks })],
                    Arrivals = new TracedArrivals([start]),
                },
            ],
        };
    }

    private static T MostFrequent<T>(IEnumerable<T> values) where T : notnull => values.GroupBy(v => v).OrderByDescending(g => g.Count()).ThenByDescending(g => g.Key).First().Key;
}
