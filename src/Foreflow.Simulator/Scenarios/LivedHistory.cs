using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;

namespace Foreflow.Simulator.Scenarios;

/// <summary>
/// What a live pool lived through, made into a scenario: the runs that arrived and when, the machines there were, and how
/// stages behave as their profiles know it. What the policies decided then plays no part.
/// </summary>
public sealed class LivedHistory
{
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, string> _versions = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<Instant>> _arrivals = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, SimulatedNode> _nodes = [];
    private ImmutableArray<SimulatedNode> _most = [];
    private PoolSettings _settings = new();

    /// <summary>Arrivals so far.</summary>
    public int Arrivals => _arrivals.Values.Sum(a => a.Count);

    /// <summary>Newest version of each workflow that runs arrived of.</summary>
    public IEnumerable<(string Name, string Version)> Workflows => _arrivals.Keys.Select(name => (name, _versions[name]));

    /// <summary>Takes one event of the journal in, in their order; kinds that do not matter are passed over.</summary>
    public void Take(JournalEvent happened)
    {
        switch (happened)
        {
            case NodeJoined e:
                // An engine numbers its nodes from 0: those of the engine before are gone.
                if (e.Node == 0) _nodes.Clear();
                _nodes[e.Node] = new SimulatedNode(e.Capacity, e.NodeClass);
                if (_nodes.Count >= _most.Length) _most = [.. _nodes.Values];
                break;
            case NodeLost e:
                _nodes.Remove(e.Node);
                break;
            case WorkflowRegistered e:
                _names[e.Workflow] = e.Spec.Name;
                _versions[e.Spec.Name] = e.Spec.Version;
                break;
            case RunArrived { Recovered: false } e when _names.TryGetValue(e.Workflow, out var name):
                if (!_arrivals.TryGetValue(name, out var times)) _arrivals[name] = times = [];
                times.Add(e.At);
                break;
            case SettingsChanged e:
                // Nobody shares the gates of a simulated pool, and nobody would grant it a lease.
                _settings = e.Settings with { GatesByLease = false };
                break;
        }
    }

    /// <summary>The scenario: machines as there were most at once, no failures, no use by others.</summary>
    /// <param name="definitionOf">The definition of a workflow's version; null leaves the workflow out.</param>
    /// <param name="profileOf">What is known of a stage; null where nothing is.</param>
    /// <param name="last">Only this long before the newest arrival is simulated, and what came before is told as history; null: all.</param>
    /// <exception cref="ScenarioException">There is nothing to simulate.</exception>
    public Scenario ToScenario(Func<string, string, WorkflowDefinition?> definitionOf, Func<StageId, StageProfile?> profileOf, TimeSpan? last = null)
    {
        var workflows = ImmutableArray.CreateBuilder<SimulatedWorkflow>();
        foreach (var (name, version) in Workflows)
            if (definitionOf(name, version) is { } definition) workflows.Add(WorkflowOf(definition, _arrivals[name], profileOf));
        if (workflows.Count == 0 || _most.IsEmpty) throw new ScenarioException(["the journal holds no run of a workflow that is still known: nothing can be simulated"]);
        var times = workflows.SelectMany(w => ((TracedArrivals)w.Arrivals).Times).ToArray();
        var (first, newest) = (times.Min(), times.Max());
        return new Scenario
        {
            Name = "live history",
            Start = first,
            History = last is { } span && newest - span > first ? newest - span - first : TimeSpan.Zero,
            Nodes = _most,
            Workflows = workflows.ToImmutable(),
            Settings = _settings,
        };
    }

    private static SimulatedWorkflow WorkflowOf(WorkflowDefinition definition, List<Instant> arrivals, Func<StageId, StageProfile?> profileOf)
    {
        ImmutableArray<StageModel> models = [.. definition.Stages.Select(s => ProfiledStage.ModelOf(
            profileOf(new StageId(definition.Name, s.Name)) ?? new StageProfile(), s.Body is WorkerBody, s.Foreach is not null, s.When is not null))];
        return new SimulatedWorkflow
        {
            Definition = DefinitionRewriting.Of(definition, [.. models.Select(m => m.FanOut is not null)], [.. models.Select(m => m.Probability < 1)]),
            Stages = models,
            Arrivals = new TracedArrivals([.. arrivals.Order()]),
        };
    }
}
