using System.Diagnostics;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Postgres;
using Foreflow.Storage.Sqlite;
using Foreflow.Storage.Tests.Postgres;

namespace Foreflow.Bench.Crash;

/// <summary>What is asked of the bench.</summary>
/// <param name="Foreflow">Path of the program.</param>
/// <param name="Kills">How many processes are killed.</param>
/// <param name="Postgres">True for PostgreSQL, false for SQLite.</param>
/// <param name="Seed">Of the choices; the instants depend on the machine as well.</param>
/// <param name="Tell">Told how it gets on.</param>
public sealed record ChaosOptions(string Foreflow, int Kills, bool Postgres, int Seed, Action<string> Tell);

/// <summary>
/// Starts servers that submit runs, kills them and processes of their stages, lets the last server finish what is left,
/// then looks at the store and at the ledger the stages wrote.
/// </summary>
public sealed class Chaos : IAsyncDisposable
{
    private const int RunsAServer = 3;
    private const int KillsADatabaseRestart = 12;
    private const double ShortestSpanSeconds = 5;
    private const double LongestSpanSeconds = 60;

    private readonly ChaosOptions options;
    private readonly Random random;
    private readonly string folder = Directory.CreateTempSubdirectory("foreflow-chaos-").FullName;
    private readonly StageLedger ledger;
    private PostgresServer? database;
    private Process? server;

    /// <summary>Servers die at any age up to this. Doubled when one got no stage going by then, halved when one did: on a busy machine none would ever.</summary>
    private double spanSeconds = ShortestSpanSeconds;

    private Chaos(ChaosOptions options)
    {
        this.options = options;
        random = new Random(options.Seed);
        ledger = new StageLedger(Path.Combine(folder, "ledger"));
    }

    /// <summary>Does all of it.</summary>
    public static async Task<Verdict> RunAsync(ChaosOptions options)
    {
        await using var chaos = new Chaos(options);
        return await chaos.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Kill(server);
        database?.Remove();
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // A process that is just going still writes: the folder is left to the cleaning of temporary files.
        }

        await Task.CompletedTask;
    }

    private string Data => Path.Combine(folder, "data");

    private async Task<Verdict> RunAsync()
    {
        File.WriteAllText(Path.Combine(folder, "chaos.yaml"), StageLedger.Workflow);
        if (options.Postgres) database = await PostgresServer.StartAsync(durable: true);
        var (kills, servers, restarts) = (0, 0, 0);
        while (kills < options.Kills)
        {
            server = Start("run", "chaos.yaml", "--repeat", $"{RunsAServer}", "-i", $"ledger={ledger.Folder}");
            var dies = TimeSpan.FromSeconds(spanSeconds * random.NextDouble());
            var before = ledger.Lines().Count();
            var born = Stopwatch.StartNew();
            while (kills < options.Kills && !server.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(100, 700)));
                if (born.Elapsed >= dies)
                {
                    Kill(server);
                    (kills, servers) = (kills + 1, servers + 1);
                }
                else if (ledger.KillOne(random))
                {
                    kills++;
                }

                if (database is null || kills / KillsADatabaseRestart <= restarts) continue;
                await database.CrashAndStartAsync();
                restarts++;
            }

            spanSeconds = Math.Clamp(spanSeconds * (ledger.Lines().Count() == before ? 2 : 0.5), ShortestSpanSeconds, LongestSpanSeconds);
            options.Tell($"{kills} of {options.Kills} kills ({servers} servers, {kills - servers} stage processes{(options.Postgres ? $", {restarts} restarts of the database" : "")})");
        }

        await FinishAsync();
        await using var store = await OpenAsync();
        return await Verdict.OfAsync(store, ledger, kills);
    }

    /// <summary>The server that lives: it carries on what is left.</summary>
    private async Task FinishAsync()
    {
        if (server is { HasExited: false }) Kill(server);
        for (var attempts = 0; attempts < 3; attempts++)
        {
            server = Start("runs", "resume");
            await server.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(4)).Token);
            if (server.ExitCode == 0) return;
            options.Tell($"'foreflow runs resume' ended with code {server.ExitCode}");
        }
    }

    private async Task<IStorage> OpenAsync() => database is null
        ? SqliteStorage.Open(new SqliteOptions { Folder = Data })
        : await PostgresStorage.OpenAsync(new PostgresOptions { ConnectionString = database.ConnectionString });

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(options.Foreflow, [.. arguments, "--data", Data])
        {
            WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true,
        };
        if (database is not null) start.Environment["FOREFLOW_DATABASE"] = database.ConnectionString;
        var started = Process.Start(start)!;
        started.StandardInput.Close();
        started.OutputDataReceived += static (_, _) => { };
        started.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text && (text.StartsWith("fail:", StringComparison.Ordinal) || text.Contains("rror", StringComparison.Ordinal))) options.Tell(text);
        };
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        return started;
    }

    private static void Kill(Process? process)
    {
        if (process is null || process.HasExited) return;
        process.Kill();
        process.WaitForExit();
    }
}
