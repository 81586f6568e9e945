using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Workflows;
using Foreflow.Traces.Tasks;

namespace Foreflow.Traces.Import;

/// <summary>A stage made of one kind of task of a history.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Kind">What the history calls it.</param>
/// <param name="Tasks">Tasks that were learnt.</param>
public sealed record ImportedStage(string Stage, string Kind, int Tasks);

/// <summary>What Foreflow takes from a history made elsewhere.</summary>
/// <param name="Workflow">Name of the workflow.</param>
/// <param name="Stages">Its stages, in order of name.</param>
/// <param name="Profiles">What each stage takes.</param>
/// <param name="Definition">The workflow as far as the history tells it; null where it does not tell the order of tasks.</param>
/// <param name="Run">The run itself; null where the history is not one of a single run.</param>
/// <param name="LeftOut">Rows or tasks that taught nothing, and why.</param>
/// <param name="Notes">What else is worth knowing, for people.</param>
public sealed record ImportedHistory(
    string Workflow,
    IReadOnlyList<ImportedStage> Stages,
    ProfileBook Profiles,
    WorkflowDefinition? Definition,
    RecordedRun? Run,
    IReadOnlyList<LeftOutRow> LeftOut,
    IReadOnlyList<string> Notes);

/// <summary>Gathers attempts into profiles.</summary>
internal sealed class ProfileGatherer(string workflow, IReadOnlyDictionary<string, string> names, Instant now)
{
    private readonly SortedDictionary<string, int> _tasks = new(StringComparer.Ordinal);
    private readonly List<LeftOutRow> _leftOut = [];

    internal ProfileBook Profiles { get; } = new();

    internal IReadOnlyList<LeftOutRow> LeftOut => _leftOut;

    internal IReadOnlyList<ImportedStage> Stages => _tasks.Select(t => new ImportedStage(names[t.Key], t.Key, t.Value)).OrderBy(s => s.Stage, StringComparer.Ordinal).ToList();

    internal void Add(int row, string kind, string? machine, AttemptRecord attempt)
    {
        Profiles.Record(new StageId(workflow, names[kind]), machine ?? ProfileBook.AnyNode, attempt);
        _tasks[kind] = _tasks.GetValueOrDefault(kind) + 1;
    }

    internal void LeaveOut(int row, string reason) => _leftOut.Add(new LeftOutRow(row, reason));

    internal void AddFanOut(string kind, int tasks) => Profiles.RecordFanOut(new StageId(workflow, names[kind]), tasks, now);
}
