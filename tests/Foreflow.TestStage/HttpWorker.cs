using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Foreflow.TestStage;

/// <summary>
/// A worker over HTTP, small enough to start fast: one request a connection. The task's input says how to behave, as in
/// <see cref="LinesWorker"/>; the mode how it answers health checks: "", "slow-start", "never-ready", "unhealthy-later".
/// </summary>
internal sealed class HttpWorker(string mode)
{
    private int healthChecks;
    private volatile bool unhealthy;

    internal void Run()
    {
        if (mode == "dies-at-start") Environment.Exit(9);
        var listener = new TcpListener(IPAddress.Loopback, int.Parse(Environment.GetEnvironmentVariable("PORT")!, CultureInfo.InvariantCulture));
        listener.Start();
        while (true)
        {
            var client = listener.AcceptTcpClient();
            new Thread(() => Serve(client)) { IsBackground = true }.Start();
        }
    }

    private void Serve(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                var (path, body) = ReadRequest(stream);
                var (status, answer) = path == "GET /healthz" ? (Health(), "") : Answer(JsonNode.Parse(body)!.AsObject());
                var bytes = Encoding.UTF8.GetBytes(answer);
                stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"));
                stream.Write(bytes);
            }
        }
        catch (IOException)
        {
            // The other side has gone.
        }
    }

    private int Health()
    {
        var check = Interlocked.Increment(ref healthChecks);
        if (mode == "never-ready") return 503;
        if (mode == "slow-start") return check < 4 ? 503 : 200;
        return unhealthy ? 500 : 200;
    }

    private (int Status, string Body) Answer(JsonObject task)
    {
        var input = task["input"] as JsonObject ?? [];
        switch ((string?)input["do"])
        {
            case "error": return (500, "{\"error\":\"no such word\"}");
            case "busy": return (429, "");
            case "garbage": return (200, "{ not json");
            case "huge": return (200, "\"" + new string('x', 3_000_000) + "\"");
            case "die": Environment.Exit(7); return default;
            case "hang": Thread.Sleep(Timeout.Infinite); return default;
            case "fall-ill": unhealthy = true; Thread.Sleep(Timeout.Infinite); return default;
            case "burn": Actions.Do("burn", ((double)input["seconds"]!).ToString(CultureInfo.InvariantCulture)); return (200, "\"burnt\"");
            case "allocate": Actions.Do("allocate", ((long)input["bytes"]!).ToString(CultureInfo.InvariantCulture)); return (200, "\"held\"");
            default: return (200, task.ToJsonString());
        }
    }

    private static (string Path, string Body) ReadRequest(NetworkStream stream)
    {
        var head = new List<byte>();
        while (head.Count < 4 || Encoding.ASCII.GetString([.. head[^4..]]) != "\r\n\r\n")
        {
            var next = stream.ReadByte();
            if (next < 0) throw new IOException("closed");
            head.Add((byte)next);
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n");
        var length = lines.Select(line => line.Split(':', 2)).Where(pair => pair[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            .Select(pair => int.Parse(pair[1], CultureInfo.InvariantCulture)).FirstOrDefault();
        var body = new byte[length];
        stream.ReadExactly(body);
        return (string.Join(' ', lines[0].Split(' ')[..2]), Encoding.UTF8.GetString(body));
    }
}
