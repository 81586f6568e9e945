using System.CommandLine;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Snapshot;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow runs rerun RUN</c>: makes a run anew from where it failed.</summary>
internal static class RerunCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var run = new Argument<string>("RUN") { Description = "Id of a run that is over, or its start" };
        var from = new Option<string?>("--from") { Description = "Run this stage anew and all that come after it, also where they succeeded (default: what did not succeed)", HelpName = "STAGE" };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("rerun", "Make a run anew: same definition, same inputs, with the outputs and files of the stages that succeeded.\n\nExamples:\n  foreflow runs rerun 01m85r\n  foreflow runs rerun 01m85r --from load --output json")
        {
            run, from, data, output,
        };
        command.SetAction((parsed, cancel) => ExecuteAsync(
            parsed.InvocationConfiguration.Output, DataFolder.Resolve(parsed.GetValue(data)), parsed.GetValue(run)!, parsed.GetValue(from), parsed.GetValue(output), cancel));
        return command;
    }

    private static async Task<int> ExecuteAsync(TextWriter to, string folder, string prefix, string? from, OutputFormat format, CancellationToken cancel)
    {
        RunState earlier;
        await using (var storage = await DataFolder.OpenExistingAsync(folder)) earlier = await FindAsync(storage, prefix, from, cancel);
        int? first = from is null ? null : Enumerable.Range(0, earlier.Stages.Count).First(i => earlier.Definition.Stages[i].Name == from);
        var pool = new PoolOptions { Settings = new PoolSettings { CyclePeriod = TimeSpan.FromSeconds(1), FineStep = TimeSpan.FromSeconds(1) } };
        await using var engine = await EngineSession.StartAsync(folder, pool, null, LogLevel.Warning, cancel);
        var progress = RunProgressView.Create(format);
        var taken = new TakenRuns(engine, progress);
        taken.Tell();
        RunId id;
        try
        {
            id = await engine.Client.RerunAsync(earlier, first, made => WorkFolder.Copy(folder, earlier.Id, made));
        }
        catch (Exception e) when (e is StorageException or IOException)
        {
            throw new UserErrorException($"the rerun was not accepted: {e.Message}", ExitCodes.Failed);
        }

        try
        {
            var view = await progress.FollowAsync(engine.Client, id, cancel);
            await taken.FollowAsync(cancel);
            progress.Close();
            var report = await RunReports.OfAsync(engine.Storage, view, folder);
            if (format == OutputFormat.Json) Output.Json(to, report);
            else RunReports.Print(to, [report]);
            return view.Phase == RunPhase.Succeeded ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            progress.Close();
            return await InterruptedRuns.LeaveAsync(engine, [id], taken);
        }
    }

    private static async Task<RunState> FindAsync(IStorage storage, string prefix, string? from, CancellationToken cancel)
    {
        var summary = await RunsCommand.FindAsync(storage, prefix, cancel);
        if (summary.Status.IsOpen()) throw new UserErrorException($"run {summary.Id} is not over: 'foreflow runs {summary.Id}' shows how it stands");
        var run = await RunReader.StateAsync(storage, summary.Id, cancel);
        if (from is null && run.Phase == RunPhase.Succeeded) throw new UserErrorException($"run {summary.Id} succeeded: name a stage with --from, or start a new one with 'foreflow run'");
        if (from is not null && run.Definition.Stages.All(s => s.Name != from))
            throw new UserErrorException($"--from {from}: run {summary.Id} has the stages {string.Join(", ", run.Definition.Stages.Select(s => s.Name))}");
        return run;
    }
}
