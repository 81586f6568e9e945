using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Engine;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// Durable no-op handler stages: each stage's end is on disk before the next of its run starts.
// Usage: Foreflow.Bench.Engine [--stages 10000] [--per-run 5] [--open 500] [--rounds 3]
var stages = Number("--stages", 10_000);
var perRun = Number("--per-run", 5);
var open = Number("--open", 500);
var rounds = Number("--rounds", 3);

var builder = Workflow.Create("noop");
for (var i = 0; i < perRun; i++)
{
    var previous = i - 1;
    builder.Stage($"s{i}", s => _ = previous < 0 ? s.Handler("noop") : s.Handler("noop").Needs($"s{previous}"));
}

var workflow = builder.Build();
var folder = Directory.CreateTempSubdirectory("foreflow-bench-").FullName;
try
{
    await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = folder });
    var owner = new OwnerId("bench");
    await storage.Ownership.AcquireAsync(owner);
    var start = Stopwatch.StartNew();
    var host = Host.CreateEmptyApplicationBuilder(null);
    host.Logging.SetMinimumLevel(LogLevel.Error);
    host.Services.AddSingleton<IStorage>(storage);
    host.Services.AddSingleton(new HandlerRegistry().Add("noop", static (_, _) => ValueTask.FromResult<string?>(null)));
    host.AddEmbeddedEngine(new EngineOptions { Identity = new EngineIdentity(owner, "bench", folder), Node = new NodeOptions { Capacity = NodeOptions.WholeMachine() } });
    using var app = host.Build();
    await app.StartAsync();
    Say($"silo and node started in {start.ElapsedMilliseconds} ms");
    var client = app.Services.GetRequiredService<EngineClient>();
    await Round(client, workflow, Math.Min(2_000, stages), perRun, open);
    var rates = new List<double>();
    for (var round = 1; round <= rounds; round++)
    {
        var (seconds, cpu) = await Round(client, workflow, stages, perRun, open);
        rates.Add(stages / seconds);
        Say($"  allocated {GC.GetTotalAllocatedBytes() >> 20} MB in all, collections {GC.CollectionCount(0)}/{GC.CollectionCount(1)}/{GC.CollectionCount(2)}, pauses {GC.GetTotalPauseDuration().TotalSeconds:0.0} s");
        Say($"round {round}: {stages} stages in {seconds:0.00} s: {stages / seconds:0} stages/s, {seconds / stages * 1e6:0.0} us a stage, {cpu / stages * 1e6:0.0} us of processor");
    }

    rates.Sort();
    Console.WriteLine(JsonSerializer.Serialize(new { stages, perRun, open, stagesPerSecond = Math.Round(rates[rates.Count / 2]), microsecondsPerStage = Math.Round(1e6 / rates[rates.Count / 2], 1) }));
    await app.StopAsync();
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static async Task<(double Seconds, double CpuSeconds)> Round(EngineClient client, WorkflowDefinition workflow, int stages, int perRun, int open)
{
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
    var clock = Stopwatch.StartNew();
    using var slots = new SemaphoreSlim(open);
    var runs = new List<Task>();
    for (var i = 0; i < stages / perRun; i++)
    {
        await slots.WaitAsync();
        runs.Add(One());
    }

    await Task.WhenAll(runs);
    return (clock.Elapsed.TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds);

    async Task One()
    {
        try
        {
            var id = await client.SubmitAsync(workflow, ImmutableDictionary<string, JsonElement>.Empty, null);
            await client.WaitForEndAsync(id);
        }
        finally
        {
            slots.Release();
        }
    }
}

int Number(string name, int otherwise)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
}

static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
