// How many appends a second the stores take, and how long lists take when there are many runs.
//   dotnet run -c Release --project bench/storage -- [sqlite|postgres|all] [--seconds 5] [--runs 1000000] [--queued 100000] [--folder DIR]
using System.Diagnostics;
using Foreflow.Bench.Storage;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Postgres;
using Foreflow.Storage.Sqlite;
using Foreflow.Storage.Tests.Postgres;

var which = args.FirstOrDefault(arg => arg is "sqlite" or "postgres") ?? "all";
var seconds = Number("--seconds", 5);
var runs = Number("--runs", 1_000_000);
var queued = Number("--queued", 100_000);
var place = Text("--folder") ?? Path.GetTempPath();

if (which is "all" or "sqlite")
{
    var folder = Path.Combine(place, $"foreflow-bench-{Environment.ProcessId}");
    Console.WriteLine($"== SQLite in {folder} (write-ahead log, synchronous=FULL)");
    await MeasureAsync(() => Task.FromResult<IStorage>(SqliteStorage.Open(new SqliteOptions { Folder = folder })));
    Console.WriteLine($"database: {new FileInfo(Path.Combine(folder, "foreflow.db")).Length >> 20} MB");
    await Fairness.MeasureAsync(() => SqliteStorage.Open(new SqliteOptions { Folder = folder }), seconds);
    Directory.Delete(folder, recursive: true);
}

if (which is "all" or "postgres")
{
    if (PostgresServer.WhyNot() is { } reason)
    {
        Console.WriteLine($"== PostgreSQL: left out. {reason}");
        return;
    }

    var server = await PostgresServer.StartAsync(durable: true);
    Console.WriteLine($"== PostgreSQL on the loopback interface (fsync on, synchronous_commit on)");
    try
    {
        await MeasureAsync(async () => await PostgresStorage.OpenAsync(new PostgresOptions { ConnectionString = server.ConnectionString }));
    }
    finally
    {
        server.Remove();
    }
}

async Task MeasureAsync(Func<Task<IStorage>> open)
{
    // Making the schema, opening what is there for the first time in a process would be a process of its own: this shows the warm cost only.
    var clock = Stopwatch.StartNew();
    await (await open()).DisposeAsync();
    var made = clock.Elapsed;
    clock.Restart();
    await using var storage = await open();
    Console.WriteLine($"made in {made.TotalMilliseconds:F0} ms, opened again in {clock.Elapsed.TotalMilliseconds:F1} ms");
    foreach (var open1 in (int[])[1, 100, 1_000, 1_000]) await Appends.MeasureRunsAsync(storage, open1, seconds);
    await Appends.MeasureJournalAsync(storage, seconds);
    if (runs > 0) await Lists.MeasureAsync(storage, runs, queued);
    Console.WriteLine($"this process: {Environment.WorkingSet >> 20} MB");
}

int Number(string name, int otherwise) => int.TryParse(Text(name), out var number) ? number : otherwise;

string? Text(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
