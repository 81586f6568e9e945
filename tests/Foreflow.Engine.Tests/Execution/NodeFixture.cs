using System.Collections.Concurrent;
using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>A node runner on a data folder of its own, taken away with all its processes afterwards.</summary>
public sealed class NodeFixture : IAsyncDisposable
{
    private int attempts;

    internal NodeFixture(GroupingKind grouping = GroupingKind.Best, TimeProvider? time = null, Func<NodeRunnerOptions, NodeRunnerOptions>? with = null)
    {
        Folder = Directory.CreateTempSubdirectory("foreflow-test-").FullName;
        var options = new NodeRunnerOptions { DataFolder = Folder, Grouping = grouping };
        Options = with is null ? options : with(options);
        Runner = new(Options, time, report: Reports.Enqueue);
    }

    internal string Folder { get; }

    internal NodeRunnerOptions Options { get; }

    internal NodeRunner Runner { get; }

    internal ConcurrentQueue<string> Reports { get; } = new();

    /// <summary>An order for a script.</summary>
    internal AttemptOrder Script(string text) => Order(new StageCommand.Script(text));

    /// <summary>An order for the test stage, one argument an action.</summary>
    internal AttemptOrder Stage(params string[] actions) => Order(new StageCommand.Program([TestStage.Path, .. actions])) with
    {
        // .NET programs want to know where .NET is, and need not write caches.
        Environment = DotnetEnvironment,
    };

    internal static ImmutableDictionary<string, string> DotnetEnvironment { get; } = new Dictionary<string, string?>
    {
        ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../..")),
        ["DOTNET_TieredPGO"] = "0",
    }.ToImmutableDictionary(pair => pair.Key, pair => pair.Value!);

    /// <summary>A worker that is the test stage, in one of its modes.</summary>
    internal WorkerOrder Worker(WorkerProtocol protocol, string mode = "") => new()
    {
        Replica = new(new("workflow", "stage"), Interlocked.Increment(ref attempts)),
        Command = [TestStage.Path, protocol == WorkerProtocol.Http ? $"http={mode}" : $"lines={mode}"],
        Protocol = protocol,
        WorkingFolder = Folder,
        WorkerFolder = Path.Combine(Folder, "workers", $"{attempts}"),
        Environment = DotnetEnvironment,
        Grace = TimeSpan.FromSeconds(5),
    };

    /// <summary>A task that tells the test stage's worker what to do.</summary>
    internal WorkerTask Job(string what, string more = "") => new()
    {
        Attempt = new(new(new("run-1"), "stage", Interlocked.Increment(ref attempts)), 1),
        InputJson = $$"""{"do":"{{what}}"{{more}}}""",
    };

    internal async Task<RunningWorker> ReadyAsync(WorkerOrder order)
    {
        var worker = Runner.StartWorker(order);
        if (await worker.Ready.WaitAsync(TimeSpan.FromSeconds(60)) is null) Assert.Fail($"worker did not become ready: {(await worker.Ended).Detail}");
        return worker;
    }

    internal static Task<AttemptOutcome> DoAsync(RunningWorker worker, WorkerTask task) => worker.Execute(task).Completion.WaitAsync(TimeSpan.FromSeconds(60));

    internal Task<AttemptOutcome> RunAsync(AttemptOrder order) => Runner.Start(order).Completion.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Waits for a file that a stage makes; there is nothing else to wait on.</summary>
    internal static async Task<string> FileAsync(string path)
    {
        var until = DateTime.UtcNow.AddSeconds(30);
        while (DateTime.UtcNow < until)
        {
            if (File.Exists(path) && File.ReadAllText(path) is { Length: > 0 } text) return text;
            await Task.Delay(5);
        }

        throw new TimeoutException($"{path} was not made");
    }

    internal static bool IsAlive(int processId) => ProcessTable.Find(processId) is { State: not ('Z' or 'X') };

    public async ValueTask DisposeAsync()
    {
        await Runner.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private AttemptOrder Order(StageCommand command)
    {
        var number = Interlocked.Increment(ref attempts);
        return new()
        {
            Attempt = new(new(new("run-1"), "stage", number), 1),
            Command = command,
            WorkingFolder = Folder,
            AttemptFolder = Path.Combine(Folder, "attempts", $"{number}"),
            Grace = TimeSpan.FromSeconds(5),
        };
    }
}
