using System.CommandLine;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Traces.Import;
using Foreflow.Traces.Tasks;
using Foreflow.Traces.Workflows;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow import</c>: learns from histories made elsewhere.</summary>
public static class ImportCommand
{
    /// <summary>The command.</summary>
    public static Command Build() => new("import", "Learn from histories made elsewhere, so that a workflow is not unknown on its first day.")
    {
        BuildNextflow(), BuildWfCommons(),
    };

    private static Command BuildNextflow()
    {
        var file = new Argument<string>("FILE") { Description = "A Nextflow trace (.txt, .csv, .gz), or a table of the Sizey, Lotaru, k-Segments or Tovar data sets" };
        var workflow = new Option<string?>("--workflow", "-w") { Description = "Name of the workflow its processes become stages of (default: after the file)", HelpName = "NAME" };
        var common = new CommonOptions();
        var command = new Command("nextflow", "Learn profiles from a trace of tasks.\n\nExamples:\n  foreflow import nextflow trace.txt --workflow chipseq\n  foreflow import nextflow trace.csv.gz --dry-run --output json") { file, workflow };
        common.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            var path = parsed.GetValue(file)!;
            var trace = TraceFiles.Read(() => TaskTraceFile.Read(path));
            var history = HistoryImport.FromTasks(trace, parsed.GetValue(workflow) ?? NameOf(path), Now(), parsed.GetValue(common.ByMachine));
            return FinishAsync(path, trace.Layout, history, null, common, parsed, cancel);
        });
        return command;
    }

    private static Command BuildWfCommons()
    {
        var file = new Argument<string>("FILE") { Description = "A recorded run in WfFormat 1.4, 1.5 or 1.6 (.json, .gz)" };
        var workflow = new Option<string?>("--workflow", "-w") { Description = "Name of the workflow (default: as recorded)", HelpName = "NAME" };
        var definition = new Option<string?>("--definition") { Description = "Also write the workflow as a file to start from", HelpName = "OUT.yaml" };
        var common = new CommonOptions();
        var command = new Command("wfcommons", "Learn profiles, and the shape of the workflow, from a recorded run.\n\nExamples:\n  foreflow import wfcommons montage.json.gz\n  foreflow import wfcommons montage.json.gz --definition montage.yaml") { file, workflow, definition };
        common.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            var path = parsed.GetValue(file)!;
            var recorded = TraceFiles.Read(() => WfFormatFile.Read(path));
            var history = HistoryImport.FromWorkflow(recorded, parsed.GetValue(workflow), Now(), parsed.GetValue(common.ByMachine));
            return FinishAsync(path, $"WfFormat {recorded.SchemaVersion}", history, parsed.GetValue(definition), common, parsed, cancel);
        });
        return command;
    }

    private static async Task<int> FinishAsync(string path, string layout, ImportedHistory history, string? definition, CommonOptions common, ParseResult parsed, CancellationToken cancel)
    {
        if (history.Stages.Count == 0) throw new UserErrorException($"{path}: no task taught anything{(history.LeftOut.Count == 0 ? ": the file is empty but for its header" : $": {string.Join("; ", history.LeftOut.DistinctBy(l => l.Reason).Take(3).Select(l => $"row {l.Row}: {l.Reason}"))}")}");
        var text = definition is null ? null : WorkflowText(path, history);
        var dryRun = parsed.GetValue(common.DryRun);
        var shelved = default(ShelvedHistory);
        if (!dryRun)
        {
            var nodeClass = parsed.GetValue(common.NodeClass)!;
            var profiles = history.Profiles.Profiles
                .Where(p => p.Key.NodeClass == ProfileBook.AnyNode != parsed.GetValue(common.ByMachine))
                .Select(p => new ShelvedProfile(p.Key.Stage, p.Key.NodeClass == ProfileBook.AnyNode ? nodeClass : p.Key.NodeClass, p.Value));
            await using var storage = await DataFolder.OpenAsync(DataFolder.Resolve(parsed.GetValue(common.Data)));
            var source = HistoryShelf.SourceOf(path, history.Workflow, parsed.GetValue(common.ByMachine) ? "by machine" : nodeClass);
            shelved = await HistoryShelf.AddAsync(storage, source, history, profiles, Now(), cancel);
            if (definition is not null) TraceFiles.Write(definition, [text!]);
        }

        var to = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(common.Output) == OutputFormat.Json) Output.Json(to, Document(path, layout, history, shelved));
        else Print(to, path, layout, history, shelved, dryRun, dryRun ? null : definition);
        return ExitCodes.Ok;
    }

    private static string WorkflowText(string path, ImportedHistory history) => history.Definition is { } known
        ? WorkflowWriter.Write(known)
        : throw new UserErrorException($"{path}: --definition: {history.Notes.LastOrDefault() ?? "the file does not tell the order of its tasks"}");

    private static object Document(string path, string layout, ImportedHistory history, ShelvedHistory shelved) => new
    {
        file = path,
        layout,
        workflow = history.Workflow,
        stored = shelved.ProfilesAdded,
        run = shelved.Run,
        stages = history.Stages,
        hasDefinition = history.Definition is not null,
        leftOut = history.LeftOut.GroupBy(l => Common(l.Reason)).Select(g => new { reason = g.Key, count = g.Count(), rows = g.Select(l => l.Row) }),
        notes = history.Notes,
    };

    private static void Print(TextWriter to, string path, string layout, ImportedHistory history, ShelvedHistory shelved, bool dryRun, string? definition)
    {
        to.WriteLine($"{path} ({layout}): {history.Stages.Sum(s => s.Tasks)} tasks of {history.Stages.Count} stages of workflow {history.Workflow} {(dryRun ? "would be learnt" : shelved.ProfilesAdded ? "learnt" : "were learnt before from this file: nothing is counted twice")}");
        foreach (var stage in history.Stages) to.WriteLine($"  {stage.Stage}: {stage.Tasks} tasks{(stage.Kind == stage.Stage ? "" : $" of {stage.Kind}")}");
        foreach (var reason in history.LeftOut.GroupBy(l => Common(l.Reason)).OrderByDescending(g => g.Count()))
        {
            to.WriteLine($"left out: {reason.Count()} rows, {reason.Key} (row {string.Join(", ", reason.Take(5).Select(l => l.Row))}{(reason.Count() > 5 ? ", …" : "")})");
        }

        foreach (var note in history.Notes) to.WriteLine($"note: {note}");
        if (definition is not null) to.WriteLine($"workflow written to {definition}: put in what each stage runs");
        if (shelved.Run is { } run) to.WriteLine($"kept as run {run}: 'foreflow runs {run}' shows it");
        if (!dryRun) to.WriteLine($"'foreflow profile {history.Workflow}' shows what was learnt");
    }

    /// <summary>A reason without the task it names, to group by.</summary>
    private static string Common(string reason) => reason.StartsWith("task ", StringComparison.Ordinal) ? "it" + reason[reason.IndexOf(" was", StringComparison.Ordinal)..] : reason;

    private static string NameOf(string path)
    {
        var name = Path.GetFileName(path);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? name[..dot] : name;
    }

    private static Instant Now() => Instant.From(TimeProvider.System.GetUtcNow());

    private sealed class CommonOptions
    {
        internal Option<bool> ByMachine { get; } = new("--by-machine") { Description = "Make each machine named in the file a class of nodes of its own" };

        internal Option<string> NodeClass { get; } = new("--node-class") { Description = "Class of nodes to learn for", DefaultValueFactory = _ => ProfileShelf.DefaultNodeClass, HelpName = "NAME" };

        internal Option<bool> DryRun { get; } = new("--dry-run") { Description = "Only say what would be learnt" };

        internal Option<string?> Data { get; } = DataFolder.Option();

        internal Option<OutputFormat> Output { get; } = Presentation.Output.Option();

        internal void AddTo(Command command)
        {
            command.Add(ByMachine);
            command.Add(NodeClass);
            command.Add(DryRun);
            command.Add(Data);
            command.Add(Output);
        }
    }
}
