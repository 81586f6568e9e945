using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Foreflow.Storage.Tests.Postgres;

/// <summary>A private PostgreSQL server: data in a temporary folder, a free port of the loopback interface. Ends with the process that started it.</summary>
public sealed class PostgresServer
{
    private readonly string folder;
    private readonly string[] asUser;
    private readonly string programs;
    private readonly bool durable;
    private Thread? keeper;
    private Process? process;
    private int schemas;

    private PostgresServer(string folder, string programs, string[] asUser, int port, bool durable)
    {
        (this.folder, this.programs, this.asUser, this.durable) = (folder, programs, asUser, durable);
        ConnectionString = $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Timeout=30;Maximum Pool Size=8";
        Port = port;
    }

    public string ConnectionString { get; }

    public int Port { get; }

    /// <summary>Why there cannot be a server here; null when there can.</summary>
    public static string? WhyNot()
    {
        if (FindPrograms() is null) return "PostgreSQL is not installed (package postgresql): './test' installs it";
        return Environment.UserName == "root" && FindUser() is null
            ? "PostgreSQL does not run as root, and there is no setpriv with a user 'postgres' or 'nobody'"
            : null;
    }

    public string NewSchema() => $"test_{Interlocked.Increment(ref schemas)}";

    /// <summary>Starts a server; the caller removes it.</summary>
    /// <param name="durable">Whether it waits for the disk. Tests end processes, never the machine, and are quicker without.</param>
    public static async Task<PostgresServer> StartAsync(bool durable = false)
    {
        var programs = FindPrograms()!;
        var user = Environment.UserName == "root" ? FindUser() : null;
        var folder = Directory.CreateTempSubdirectory("foreflow-postgres-").FullName;
        if (user is not null) Run("chown", user, folder);
        string[] asUser = user is null ? [] : ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", "--pdeathsig=INT"];
        var server = new PostgresServer(folder, programs, asUser, FreePort(), durable);
        server.RunAsUser("initdb", "-D", server.Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync");
        await server.StartServerAsync();
        return server;
    }

    /// <summary>Ends the server and takes its data away.</summary>
    public void Remove()
    {
        Stop("immediate");
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Ends the server as a crash would, and starts it again.</summary>
    public async Task CrashAndStartAsync()
    {
        Stop("immediate");
        await StartServerAsync();
    }

    private string Data => Path.Combine(folder, "data");

    private async Task StartServerAsync()
    {
        using var started = new ManualResetEventSlim();
        // The kernel ends the server together with the thread that started it (pdeathsig), so that thread stays.
        keeper = new Thread(() =>
        {
            process = StartAsUser(
                "postgres", "-D", Data, "-p", $"{Port}", "-c", "listen_addresses=127.0.0.1", "-k", folder, "-c", durable ? "fsync=on" : "fsync=off");
            started.Set();
            process.WaitForExit();
        }) { IsBackground = true };
        keeper.Start();
        started.Wait();
        for (var until = DateTime.UtcNow.AddSeconds(60); ; await Task.Delay(50))
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (DateTime.UtcNow < until && !process!.HasExited)
            {
                // Not ready yet.
            }
        }
    }

    private void Stop(string mode)
    {
        RunAsUser("pg_ctl", "-D", Data, "-m", mode, "-w", "stop");
        keeper!.Join();
    }

    private void RunAsUser(string program, params string[] arguments)
    {
        using var run = StartAsUser(program, arguments);
        run.WaitForExit();
        if (run.ExitCode != 0) throw new InvalidOperationException($"{program} ended with code {run.ExitCode}");
    }

    private Process StartAsUser(string program, params string[] arguments)
    {
        string[] command = [.. asUser, Path.Combine(programs, program), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        start.Environment["LC_ALL"] = "C";
        var started = Process.Start(start)!;
        started.StandardInput.Close();
        started.OutputDataReceived += (_, _) => { };
        started.ErrorDataReceived += (_, _) => { };
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        return started;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var run = Process.Start(program, arguments);
        run.WaitForExit();
    }

    private static string? FindPrograms()
    {
        string[] versions = Directory.Exists("/usr/lib/postgresql")
            ? [.. Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)]
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return versions.Select(version => Path.Combine(version, "bin")).Concat(path)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static string? FindUser()
    {
        if (!File.Exists("/usr/bin/setpriv")) return null;
        var users = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet();
        return ((string[])["postgres", "nobody"]).FirstOrDefault(users.Contains);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
