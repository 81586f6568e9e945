using System.CommandLine;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Runs;
using Foreflow.Core.Snapshot;
using Foreflow.Engine.Pools;
using Microsoft.Extensions.Logging;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow runs resume [RUN]</c>: lets a paused run go on, or carries on the runs whose process stopped.</summary>
internal static class ResumeCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var run = new Argument<string?>("RUN") { Description = "Id of a paused run, or its start: lets that run go on, in the process that has it", Arity = ArgumentArity.ZeroOrOne };
        var data = DataFolder.Option();
        var output = Output.Option();
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Tell every decision on standard error" };
        var command = new Command("resume", "Let a paused run go on; without RUN, carry on here the runs whose process stopped (killed, or the machine restarted) and follow them to their end. Tasks that were done stay done.\n\nExamples:\n  foreflow runs resume\n  foreflow runs resume 01m85r\n  foreflow runs resume --output json")
        {
            run, data, output, verbose,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(run) is not { } prefix) return await ExecuteAsync(parsed.InvocationConfiguration.Output, DataFolder.Resolve(parsed.GetValue(data)), parsed.GetValue(output), parsed.GetValue(verbose), cancel);
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            return await ControlCommands.ResumeRunAsync(parsed.InvocationConfiguration.Output, storage, prefix, parsed.GetValue(output), cancel);
        });
        return command;
    }

    private static async Task<int> ExecuteAsync(TextWriter to, string folder, OutputFormat format, bool verbose, CancellationToken cancel)
    {
        await (await DataFolder.OpenExistingAsync(folder)).DisposeAsync();
        var pool = new PoolOptions { Settings = new PoolSettings { CyclePeriod = TimeSpan.FromSeconds(1), FineStep = TimeSpan.FromSeconds(1) } };
        await using var engine = await EngineSession.StartAsync(folder, pool, null, verbose ? LogLevel.Information : LogLevel.Warning, cancel);
        var progress = RunProgressView.Create(format);
        var taken = new TakenRuns(engine, progress);
        taken.Tell();
        try
        {
            var views = await taken.FollowAsync(cancel);
            progress.Close();
            var reports = new List<RunReport>();
            foreach (var view in views) reports.Add(await RunReports.OfAsync(engine.Storage, view, folder));
            if (format == OutputFormat.Json) Output.Json(to, reports);
            else if (reports.Count == 0) to.WriteLine("Nothing to carry on: no open run is without a process.");
            else RunReports.Print(to, reports);
            return views.All(v => v.Phase is RunPhase.Succeeded or RunPhase.Paused) ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            progress.Close();
            Console.Error.WriteLine("foreflow: interrupted");
            await taken.TellLeftAsync();
            return Interruption.ExitCode;
        }
    }
}
