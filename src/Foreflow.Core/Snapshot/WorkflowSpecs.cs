using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;

namespace Foreflow.Core.Snapshot;

/// <summary>Makes of a workflow definition what planning knows of it.</summary>
public static class WorkflowSpecs
{
    /// <summary>What one attempt or replica is thought to need where its file says nothing and nothing was measured.</summary>
    public static readonly Resources DefaultRequest = new(500, 128L << 20);

    /// <summary>What planning knows of a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="largestNode">No stage may ask for more than this: it would wait for ever.</param>
    public static WorkflowSpec From(WorkflowDefinition definition, Resources largestNode)
    {
        var order = definition.Graph.TopologicalOrder;
        var positions = new int[order.Length];
        for (var i = 0; i < order.Length; i++) positions[order[i]] = i;
        return new WorkflowSpec
        {
            Name = definition.Name,
            Version = definition.Version,
            Priority = definition.Priority,
            Deadline = definition.Deadline,
            Stages = [.. order.Select(i => SpecOf(definition, i, positions, largestNode))],
            Positions = [.. positions],
            GateCapacities = definition.Gates.OfType<CapacityGate>().ToImmutableSortedDictionary(g => g.Name, g => g.Units, StringComparer.Ordinal),
            GateRates = definition.Gates.OfType<RateGate>().ToImmutableSortedDictionary(g => g.Name, g => new GateRate(g.Units, g.Period), StringComparer.Ordinal),
        };
    }

    private static StageSpec SpecOf(WorkflowDefinition definition, int index, int[] positions, Resources largestNode)
    {
        var stage = definition.Stages[index];
        var unlimited = stage.Body is WorkerBody ? 16 : int.MaxValue;
        var spec = new StageSpec
        {
            Name = stage.Name,
            Kind = stage.Body switch { WorkerBody => StageKind.Worker, HandlerBody => StageKind.Handler, _ => StageKind.Run },
            Needs = [.. definition.Graph.Parents[index].Select(p => positions[p]).Order()],
            Request = Resources.Min(RequestOf(stage), largestNode),
            ResourcesFixed = stage.ResourcesFixed,
            MemoryDeclared = stage.Resources is { MemoryBytes: > 0 },
            OutOfMemoryFactor = stage.Retries.RuleOf(AttemptCause.OutOfMemory)?.MemoryFactor,
            SlotsPerReplica = stage.Body is WorkerBody worker ? Math.Max(1, worker.Concurrency) : 1,
            MinReplicas = stage.Replicas.Min,
            MaxReplicas = stage.Replicas.Max ?? unlimited,
            Resilient = stage.Replicas.Resilient,
            Idempotent = stage.Idempotent,
            FanOutPrior = stage.Foreach is null ? 1 : 4,
            Gates = stage.Gates.ToImmutableSortedDictionary(g => g.Gate, g => g.Amount, StringComparer.Ordinal),
        };
        return stage.MaxWait is { } wait ? spec with { MaxWait = wait } : spec;
    }

    private static Resources RequestOf(StageDefinition stage)
    {
        var prior = stage.Resources ?? Resources.Zero;
        return prior with
        {
            CpuMillicores = prior.CpuMillicores > 0 ? prior.CpuMillicores : DefaultRequest.CpuMillicores,
            MemoryBytes = prior.MemoryBytes > 0 ? prior.MemoryBytes : DefaultRequest.MemoryBytes,
        };
    }
}
