using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow run FILE</c>: runs a workflow here and now.</summary>
public static class RunCommand
{
    private const int MostRuns = 100_000;

    /// <summary>The command.</summary>
    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "Workflow file" };
        var inputs = new Option<string[]>("--input", "-i") { Description = "Value of an input, as name=value; may be given several times", HelpName = "NAME=VALUE", AllowMultipleArgumentsPerToken = false };
        var repeat = new Option<int>("--repeat") { Description = "How many runs", DefaultValueFactory = _ => 1, HelpName = "N" };
        var every = new Option<string?>("--every") { Description = "Time between the starts of runs, as 2s or 5m (default: all at once)", HelpName = "DURATION" };
        var policy = new Option<string>("--policy") { Description = Policies("or"), DefaultValueFactory = _ => "ahead" };
        var mode = new Option<PoolMode>("--mode") { Description = "How far Foreflow may act by itself", DefaultValueFactory = _ => PoolMode.On };
        var data = DataFolder.Option();
        var output = Output.Option();
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Tell every decision on standard error" };
        var command = new Command("run", "Run a workflow and follow it to its end.\n\nExamples:\n  foreflow run examples/hello/hello.yaml\n  foreflow run nightly.yaml -i day=2026-11-01 --output json\n  foreflow run index.yaml --repeat 10 --every 2s")
        {
            file, inputs, repeat, every, policy, mode, data, output, verbose,
        };
        command.SetAction((parsed, cancel) => ExecuteAsync(
            new Request(
                parsed.GetValue(file)!, parsed.GetValue(inputs) ?? [], parsed.GetValue(repeat), parsed.GetValue(every), parsed.GetValue(policy)!,
                parsed.GetValue(mode), DataFolder.Resolve(parsed.GetValue(data)), parsed.GetValue(output), parsed.GetValue(verbose)),
            cancel));
        return command;
    }

    private static string Policies(string last) => $"{string.Join(", ", PolicySet.Names[..^1])} {last} {PolicySet.Names[^1]}";

    private sealed record Request(
        string File, string[] Inputs, int Repeat, string? Every, string Policy, PoolMode Mode, string Folder, OutputFormat Format, bool Verbose);

    private static async Task<int> ExecuteAsync(Request request, CancellationToken cancel)
    {
        var workflow = WorkflowFile.Read(request.File);
        var inputs = Bind(workflow, request.Inputs);
        var period = Period(request);
        var policies = PolicySet.Named(request.Policy) ?? throw new UserErrorException($"--policy {request.Policy}: there are {Policies("and")}");
        var pool = new PoolOptions { Policies = policies, Settings = new PoolSettings { Mode = request.Mode, CyclePeriod = TimeSpan.FromSeconds(1), FineStep = TimeSpan.FromSeconds(1) } };
        await using var engine = await EngineSession.StartAsync(request.Folder, pool, null, request.Verbose ? LogLevel.Information : LogLevel.Warning, cancel);

        var progress = RunProgressView.Create(request.Format);
        var taken = new TakenRuns(engine, progress);
        taken.Tell();
        var folder = Path.GetDirectoryName(Path.GetFullPath(request.File));
        var runs = new List<RunId>();
        var following = new List<Task<RunView>>();
        StorageException? refused = null;
        try
        {
            for (var i = 0; i < request.Repeat && refused is null; i++)
            {
                if (i > 0 && period > TimeSpan.Zero) await Task.Delay(period, cancel);
                RunId id;
                try
                {
                    id = await engine.Client.SubmitAsync(workflow, inputs, folder);
                }
                catch (StorageException e)
                {
                    // A store without room takes nothing new; what it has taken goes on by itself once there is room.
                    Console.Error.WriteLine($"foreflow: {request.Repeat - i} of {request.Repeat} run(s) not accepted: {e.Message}");
                    refused = e;
                    continue;
                }

                runs.Add(id);
                following.Add(progress.FollowAsync(engine.Client, id, cancel));
            }

            var views = await Task.WhenAll(following);
            await taken.FollowAsync(cancel);
            progress.Close();
            if (runs.Count > 0) await Report(engine, request, views);
            return refused is null && views.All(v => v.Phase == RunPhase.Succeeded) ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            progress.Close();
            return await InterruptedRuns.LeaveAsync(engine, runs, taken);
        }
    }

    private static async Task Report(EngineSession engine, Request request, RunView[] views)
    {
        var details = new List<RunReport>();
        foreach (var view in views) details.Add(await RunReports.OfAsync(engine.Storage, view, request.Folder));
        if (request.Format == OutputFormat.Json) Output.Json(details.Count == 1 ? details[0] : details);
        else RunReports.Print(Console.Out, details);
    }

    private static ImmutableDictionary<string, JsonElement> Bind(WorkflowDefinition workflow, string[] given)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in given)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw new UserErrorException($"--input {pair}: write name=value");
            values[pair[..at]] = pair[(at + 1)..];
        }

        var errors = InputBinding.Bind(workflow, values, out var bound);
        return errors.IsEmpty ? bound : throw new UserErrorException(string.Join(Environment.NewLine, errors));
    }

    private static TimeSpan Period(Request request)
    {
        if (request.Repeat is < 1 or > MostRuns) throw new UserErrorException($"--repeat {request.Repeat}: from 1 to {MostRuns:N0}");
        if (request.Every is null) return TimeSpan.Zero;
        return DurationText.TryParse(request.Every, out var period, out _) && period >= TimeSpan.Zero
            ? period
            : throw new UserErrorException($"--every {request.Every}: write a duration, as 500ms, 2s or 5m");
    }
}
