using System.CommandLine;
using System.Globalization;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow runs</c>: lists runs, or shows one.</summary>
public static class RunsCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var run = new Argument<string?>("RUN") { Description = "Id of a run, or its start: shows that run", Arity = ArgumentArity.ZeroOrOne };
        var workflow = new Option<string?>("--workflow", "-w") { Description = "Only runs of this workflow", HelpName = "NAME" };
        var limit = new Option<int>("--limit", "-n") { Description = "How many at most", DefaultValueFactory = _ => 20, HelpName = "N" };
        var failed = new Option<bool>("--failed") { Description = "Only runs that failed" };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("runs", "List runs, newest first, or show one with its attempts.\n\nExamples:\n  foreflow runs\n  foreflow runs --failed --output json\n  foreflow runs 01m85r\n  foreflow runs resume")
        {
            run, workflow, limit, failed, data, output, ResumeCommand.Build(), ControlCommands.Cancel(), ControlCommands.Pause(), RerunCommand.Build(), PruneCommand.Build(),
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = DataFolder.Resolve(parsed.GetValue(data));
            await using var storage = await DataFolder.OpenExistingAsync(folder);
            if (parsed.GetValue(run) is { } prefix) return await ShowAsync(parsed.InvocationConfiguration.Output, storage, folder, prefix, parsed.GetValue(output), cancel);
            if (parsed.GetValue(limit) is < 1 or > StorageLimits.PageSize) throw new UserErrorException($"--limit: from 1 to {StorageLimits.PageSize}");
            var query = new RunQuery { Workflow = parsed.GetValue(workflow), Limit = parsed.GetValue(limit), Statuses = parsed.GetValue(failed) ? [RunStatus.Failed] : [] };
            var page = await storage.Runs.ListAsync(query, cancel);
            var runs = await RunListing.OfAsync(storage, page.Runs, cancel);
            var to = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(to, runs);
            else Print(to, runs);
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>The one run whose id starts like this.</summary>
    public static async Task<RunSummary> FindAsync(IStorage storage, string prefix, CancellationToken cancel)
    {
        var found = await storage.Runs.ResolveAsync(prefix, 5, cancel);
        return found.Count switch
        {
            0 => throw new UserErrorException($"there is no run '{prefix}': 'foreflow runs' lists them"),
            1 => (await storage.Runs.FindAsync(found[0], cancel))!,
            _ => throw new UserErrorException($"'{prefix}' is the start of several runs: {string.Join(", ", found)}{(found.Count == 5 ? ", …" : "")}"),
        };
    }

    private static async Task<int> ShowAsync(TextWriter to, IStorage storage, string folder, string prefix, OutputFormat format, CancellationToken cancel)
    {
        var summary = await FindAsync(storage, prefix, cancel);
        var report = await RunReports.OfAsync(storage, await RunReader.ViewAsync(storage, summary.Id, cancel), folder);
        if (format == OutputFormat.Json) Output.Json(to, report);
        else RunReports.Print(to, [report]);
        return ExitCodes.Ok;
    }

    private static void Print(TextWriter to, IReadOnlyList<ListedRun> runs)
    {
        if (runs.Count == 0)
        {
            to.WriteLine("No runs yet. 'foreflow run FILE' starts one.");
            return;
        }

        string[] headers = ["run", "workflow", "state", "accepted", "took", "tasks", "message"];
        var rows = runs.Select(run => (string[])[
            run.Id.Value, run.Workflow, run.Interrupted ? "interrupted" : run.Status.ToString().ToLowerInvariant(),
            run.CreatedAt.ToDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            run.EndedAt is { } end ? RunReports.Seconds((end - run.CreatedAt).TotalSeconds) : "-",
            string.Create(CultureInfo.InvariantCulture, $"{run.TasksSucceeded}/{run.TasksTotal}"),
            FirstLine(run.Message)]).ToList();
        // What a run is called and how it stands is always there; what it waits for or failed of goes last.
        Report.WriteRows(to, headers, rows, leaveOut: [3, 5, 4, 6], cut: 6);
        if (runs.Any(r => r.Interrupted)) to.WriteLine("The process of interrupted runs has stopped: 'foreflow runs resume' carries them on, and so does the next 'foreflow run'.");
    }

    private static string FirstLine(string? text) => text is null ? "" : text.AsSpan(0, Math.Min(text.Length, 80)).ToString().Split('\n')[0];
}
