using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Foreflow.Engine.Execution.Workers;

/// <summary>Speaks to a worker over HTTP on loopback.</summary>
internal sealed class HttpWorkerChannel : IWorkerChannel
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient client;
    private readonly int maxAnswerBytes;
    private readonly TimeSpan healthPatience;

    internal HttpWorkerChannel(int port, int concurrency, int maxAnswerBytes, TimeSpan healthPatience)
    {
        (this.maxAnswerBytes, this.healthPatience) = (maxAnswerBytes, healthPatience);
        client = new(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // Many servers close idle connections after 5 s: be the first.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
            MaxConnectionsPerServer = concurrency + 1,
        })
        {
            BaseAddress = new($"http://127.0.0.1:{port}"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task WaitUntilReadyAsync(CancellationToken stop)
    {
        for (var pause = 2; await IsHealthyAsync(healthPatience).ConfigureAwait(false) is not true; pause = Math.Min(100, pause * 2))
            await Task.Delay(pause, stop).ConfigureAwait(false);
    }

    public async Task<WorkerAnswer> AskAsync(string id, ReadOnlyMemory<byte> task, CancellationToken abandon)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ReadOnlyMemoryContent(task) };
            request.Content.Headers.ContentType = Json;
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, abandon).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.TooManyRequests) return new(AnswerKind.Busy, "");
            if (await ReadBoundedAsync(response.Content, abandon).ConfigureAwait(false) is not { } body)
                return new(AnswerKind.Bad, $"its answer is larger than {maxAnswerBytes} bytes");
            return AnswerOf(response.StatusCode, body);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return new(AnswerKind.Lost, e.Message);
        }
    }

    /// <summary>What a response means.</summary>
    internal static WorkerAnswer AnswerOf(HttpStatusCode status, ReadOnlyMemory<byte> body) => (int)status is >= 200 and < 300
        ? new(AnswerKind.Output, "", body)
        : new(AnswerKind.Error, $"HTTP {(int)status}: {ErrorIn(body)}");

    /// <summary>HTTP has no word for it but the end of the connection, and that is not answered.</summary>
    public bool Withdraw(string id) => false;

    public async Task<bool?> IsHealthyAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            using var response = await client.GetAsync("/healthz", HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }

    public void NoMore()
    {
    }

    public void Dispose() => client.Dispose();

    private async Task<ReadOnlyMemory<byte>?> ReadBoundedAsync(HttpContent content, CancellationToken abandon)
    {
        using var stream = await content.ReadAsStreamAsync(abandon).ConfigureAwait(false);
        using var body = new MemoryStream();
        var piece = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(piece, abandon).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > maxAnswerBytes) return null;
            body.Write(piece, 0, read);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    /// <summary>The text of <c>{"error":"…"}</c>, else the beginning of whatever it is.</summary>
    private static string ErrorIn(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("error", out var error)) return WorkerAnswer.Shortened(error.ToString());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or with a text in it that is no Unicode: shown as it is.
        }

        return WorkerAnswer.Shortened(Encoding.UTF8.GetString(body.Span[..Math.Min(4 * WorkerAnswer.ShownCharacters, body.Length)]).Trim());
    }
}
