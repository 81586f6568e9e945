using System.Collections;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Foreflow.TestStage;

/// <summary>What a test stage can do.</summary>
internal static class Actions
{
    private static readonly List<IntPtr> Held = [];

    internal static void Do(string name, string value)
    {
        switch (name)
        {
            case "burn": Burn(double.Parse(value, CultureInfo.InvariantCulture)); break;
            case "burn-to": Burn(double.Parse(value, CultureInfo.InvariantCulture) - Environment.CpuUsage.TotalTime.TotalSeconds); break;
            case "report-cpu": File.WriteAllText(Environment.GetEnvironmentVariable("FOREFLOW_OUTPUT")!, Environment.CpuUsage.TotalTime.TotalSeconds.ToString(CultureInfo.InvariantCulture)); break;
            case "allocate": Allocate(long.Parse(value, CultureInfo.InvariantCulture)); break;
            case "write": Write(value); break;
            case "send": Send(long.Parse(value, CultureInfo.InvariantCulture)); break;
            case "output": File.WriteAllText(Environment.GetEnvironmentVariable("FOREFLOW_OUTPUT")!, value); break;
            case "copy-input": File.Copy(Environment.GetEnvironmentVariable("FOREFLOW_INPUT")!, Environment.GetEnvironmentVariable("FOREFLOW_OUTPUT")!); break;
            case "environment": File.WriteAllLines(value, Variables()); break;
            case "print": Console.Out.WriteLine(value); break;
            case "print-error": Console.Error.WriteLine(value); break;
            case "flood": Flood(long.Parse(value, CultureInfo.InvariantCulture)); break;
            case "touch": File.WriteAllText(value, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)); break;
            case "sleep": Thread.Sleep(TimeSpan.FromSeconds(double.Parse(value, CultureInfo.InvariantCulture))); break;
            case "ignore-term": IgnoreTerm(); break;
            case "exit": Environment.Exit(int.Parse(value, CultureInfo.InvariantCulture)); break;
            case "http": new HttpWorker(value).Run(); break;
            case "lines": new LinesWorker(value).Run(); break;
            default: throw new ArgumentException($"no action {name}");
        }
    }

    /// <summary>Keeps one core busy until this process has used so many seconds of processor time more.</summary>
    private static void Burn(double seconds)
    {
        var until = Environment.CpuUsage.TotalTime + TimeSpan.FromSeconds(seconds);
        var x = 1.0;
        while (Environment.CpuUsage.TotalTime < until && x > 0)
        {
            for (var i = 0; i < 1_000_000; i++) x = Math.Sqrt(x + i);
        }
    }

    /// <summary>Takes memory and touches every page of it, for as long as the process lives.</summary>
    private static unsafe void Allocate(long bytes)
    {
        var block = (byte*)NativeMemory.Alloc((nuint)bytes);
        for (long i = 0; i < bytes; i += 4096) block[i] = 1;
        Held.Add((IntPtr)block);
    }

    private static void Write(string value)
    {
        var comma = value.LastIndexOf(',');
        using var file = File.Create(value[..comma]);
        var piece = new byte[64 * 1024];
        for (var left = long.Parse(value[(comma + 1)..], CultureInfo.InvariantCulture); left > 0; left -= piece.Length)
            file.Write(piece, 0, (int)Math.Min(left, piece.Length));
    }

    /// <summary>Sends bytes to itself over loopback.</summary>
    private static void Send(long bytes)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        using var server = listener.AcceptTcpClient();
        var drain = new Thread(() =>
        {
            var buffer = new byte[64 * 1024];
            while (server.GetStream().Read(buffer) > 0)
            {
            }
        });
        drain.Start();
        var piece = new byte[64 * 1024];
        for (var left = bytes; left > 0; left -= piece.Length) client.GetStream().Write(piece, 0, (int)Math.Min(left, piece.Length));
        client.Close();
        drain.Join();
    }

    private static void Flood(long bytes)
    {
        using var output = Console.OpenStandardOutput();
        var line = new byte[64];
        Array.Fill(line, (byte)'x');
        line[^1] = (byte)'\n';
        for (var left = bytes; left > 0; left -= line.Length) output.Write(line, 0, (int)Math.Min(left, line.Length));
    }

    private static PosixSignalRegistration? ignored;

    private static void IgnoreTerm() => ignored ??= PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true);

    private static IEnumerable<string> Variables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}").Order(StringComparer.Ordinal);
}
