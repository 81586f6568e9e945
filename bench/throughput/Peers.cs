using System.Diagnostics;
using System.Text.Json;
using Foreflow.Storage.Postgres;
using Foreflow.Storage.Tests.Postgres;
using Hangfire;
using Hangfire.InMemory;
using Hangfire.PostgreSql;

namespace Foreflow.Bench.Throughput;

/// <summary>The same load, tasks that do nothing, on Foreflow and on others, one after the other on this machine.</summary>
internal static class Peers
{
    private static int done;

    public static async Task RunAsync(Options options)
    {
        var rows = new List<Row>();
        var stages = options.Number("--stages", 100_000);
        await ForeflowAsync("Foreflow, SQLite", stages, null, rows);
        var postgres = PostgresServer.WhyNot() is null ? await PostgresServer.StartAsync(durable: true) : null;
        try
        {
            if (postgres is not null)
            {
                await using (var storage = await PostgresStorage.OpenAsync(new PostgresOptions { ConnectionString = postgres.ConnectionString }))
                    await ForeflowAsync("Foreflow, PostgreSQL", stages / 2, storage, rows);
                Hangfire("Hangfire.PostgreSql", options.Number("--hangfire-postgres", 1_000), "each job in PostgreSQL, synced to disk before Enqueue returns; at least once", rows, configuration =>
                    configuration.UsePostgreSqlStorage(c => c.UseNpgsqlConnection(postgres.ConnectionString), new PostgreSqlStorageOptions { QueuePollInterval = TimeSpan.FromMilliseconds(50) }));
            }
            else Say.Line($"PostgreSQL left out: {PostgresServer.WhyNot()}");
        }
        finally
        {
            postgres?.Remove();
        }

        Hangfire("Hangfire.InMemory", options.Number("--hangfire-memory", 50_000), "nothing: memory only, gone with the process", rows, configuration => configuration.UseInMemoryStorage(new InMemoryStorageOptions()));
        await DaskAsync(options.Text("--python") ?? "python3", options.Number("--dask", 10_000), rows);
        Say.Line($"{"",-22} {"tasks",8} {"tasks/s",9} {"us a task",10}  guarantee");
        foreach (var row in rows) Say.Line($"{row.Name,-22} {row.Tasks,8:N0} {row.TasksPerSecond,9:N0} {1e6 / row.TasksPerSecond,10:0}  {row.Guarantee}");
        Console.WriteLine(JsonSerializer.Serialize(new { rows }, JsonSerializerOptions.Web));
    }

    private static async Task ForeflowAsync(string name, int stages, Engine.Storage.IStorage? storage, List<Row> rows)
    {
        using var scratch = new Scratch();
        await using var engine = await EngineUnderLoad.StartAsync(scratch.Folder, storage);
        var chain = EngineUnderLoad.Chain(5);
        await engine.RunToEndAsync(chain, stages / 5, 500);
        var cost = await engine.RunToEndAsync(chain, stages / 5, 500);
        rows.Add(new Row(name, cost.Stages, Math.Round(cost.StagesPerSecond), "each end synced to disk before the next stage of its run starts; committed once"));
    }

    /// <summary>Jobs that need not wait for each other: less than a chain asks.</summary>
    private static void Hangfire(string name, int jobs, string guarantee, List<Row> rows, Action<IGlobalConfiguration> configure)
    {
        configure(GlobalConfiguration.Configuration);
        using (new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = Environment.ProcessorCount * 5, SchedulePollingInterval = TimeSpan.FromSeconds(1) }))
        {
            Work(Math.Max(100, jobs / 10));
            var seconds = Work(jobs);
            rows.Add(new Row(name, jobs, Math.Round(jobs / seconds), guarantee));
        }
    }

    private static double Work(int jobs)
    {
        Volatile.Write(ref done, 0);
        var clock = Stopwatch.StartNew();
        Parallel.For(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount * 2 }, _ => BackgroundJob.Enqueue(() => Noop()));
        SpinWait.SpinUntil(() =>
        {
            Thread.Sleep(1);
            return Volatile.Read(ref done) >= jobs;
        });
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>The job. Public because Hangfire calls it by its name.</summary>
    public static void Noop() => Interlocked.Increment(ref done);

    private static async Task DaskAsync(string interpreter, int tasks, List<Row> rows)
    {
        using var python = Process.Start(new ProcessStartInfo(interpreter)
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "peers", "dask_noop.py"), tasks.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            RedirectStandardOutput = true,
        })!;
        var text = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        if (python.ExitCode != 0)
        {
            Say.Line($"dask left out: python3 with 'distributed' is needed (Debian: python3-distributed)");
            return;
        }

        var answer = JsonDocument.Parse(text).RootElement;
        rows.Add(new Row($"dask {answer.GetProperty("version").GetString()}", tasks, Math.Round(answer.GetProperty("tasksPerSecond").GetDouble()), "nothing: results in the workers' memory, gone with the scheduler"));
    }

    private sealed record Row(string Name, int Tasks, double TasksPerSecond, string Guarantee);
}
