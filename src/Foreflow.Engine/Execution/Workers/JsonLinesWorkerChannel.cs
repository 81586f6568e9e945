using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Foreflow.Engine.Execution.Processes;

namespace Foreflow.Engine.Execution.Workers;

/// <summary>
/// Speaks to a worker over its standard input and output, one JSON object a line. A line that does not begin with a brace
/// is something the author printed: it goes to the log. One that does, and is no answer, is a bad answer.
/// </summary>
internal sealed class JsonLinesWorkerChannel(CapturedOutput log, int maxAnswerBytes) : IWorkerChannel, IOutputSink
{
    /// <summary>Beside the output itself a line holds the id and names of fields.</summary>
    private const int FrameBytes = 4096;

    private readonly ConcurrentDictionary<string, TaskCompletionSource<WorkerAnswer>> pending = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream line = new();
    private Func<ReadOnlyMemory<byte>, Task<bool>>? write;
    private Action? close;
    private volatile bool ended;
    private bool tooLong;

    /// <summary>Where tasks are written; known once the worker is started.</summary>
    internal void Connect(InputPipe pipe) => Connect(pipe.WriteAsync, pipe.Close);

    /// <summary>Where tasks are written.</summary>
    /// <param name="writes">Writes bytes; false when the worker does not read any more.</param>
    /// <param name="closes">Ends what the worker reads.</param>
    internal void Connect(Func<ReadOnlyMemory<byte>, Task<bool>> writes, Action closes) => (write, close) = (writes, closes);

    public Task WaitUntilReadyAsync(CancellationToken stop) => ready.Task.WaitAsync(stop);

    public async Task<WorkerAnswer> AskAsync(string id, ReadOnlyMemory<byte> task, CancellationToken abandon)
    {
        var answer = new TaskCompletionSource<WorkerAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        pending[id] = answer;
        try
        {
            if (ended || !await write!(task).ConfigureAwait(false)) return new(AnswerKind.Lost, "it does not read its standard input any more");
            return await answer.Task.WaitAsync(abandon).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new(AnswerKind.Lost, "nobody waits for the answer any more");
        }
        finally
        {
            pending.TryRemove(id, out _);
        }
    }

    public bool Withdraw(string id)
    {
        _ = write!(Encoding.UTF8.GetBytes($$"""{"cancel":{{JsonSerializer.Serialize(id)}}}""" + "\n"));
        return true;
    }

    /// <summary>Nothing is asked over lines: a process that lives is taken for healthy.</summary>
    public Task<bool?> IsHealthyAsync(TimeSpan patience) => Task.FromResult<bool?>(true);

    public void NoMore() => close?.Invoke();

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var part = end < 0 ? bytes : bytes[..end];
            if (line.Length + part.Length <= maxAnswerBytes + FrameBytes)
            {
                line.Write(part);
            }
            else
            {
                // The beginning is enough to say what it was.
                tooLong = true;
            }

            if (end < 0) return;
            bytes = bytes[(end + 1)..];
            Take();
            line.SetLength(0);
            tooLong = false;
        }
    }

    public void End()
    {
        ended = true;
        log.End();
        foreach (var (_, answer) in pending) answer.TrySetResult(new(AnswerKind.Lost, "its standard output has ended"));
    }

    public void Dispose() => line.Dispose();

    private void Take()
    {
        var text = line.GetBuffer().AsMemory(0, (int)line.Length);
        var start = text.Span.IndexOfAnyExcept((byte)' ', (byte)'\t', (byte)'\r');
        if (start < 0 || text.Span[start] != (byte)'{')
        {
            log.Append(text.Span);
            log.Append("\n"u8);
            return;
        }

        if (tooLong)
        {
            Bad($"its answer is larger than {maxAnswerBytes} bytes");
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            Take(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter for bytes that are no UTF-8
        {
            Bad($"its answer is not valid JSON: {e.Message}");
        }
    }

    private void Take(JsonElement reply)
    {
        if (reply.TryGetProperty("ready", out _))
        {
            ready.TrySetResult();
            return;
        }

        if (!reply.TryGetProperty("id", out var id) || id.ValueKind != JsonValueKind.String)
        {
            Bad("its answer has no \"id\" that is a text");
            return;
        }

        // An answer nobody waits for any more: the task was withdrawn, or it has answered before.
        if (!pending.TryGetValue(id.GetString()!, out var answer)) return;
        if (reply.TryGetProperty("busy", out var busy) && busy.ValueKind != JsonValueKind.False) answer.TrySetResult(new(AnswerKind.Busy, ""));
        else if (reply.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null) answer.TrySetResult(new(AnswerKind.Error, WorkerAnswer.Shortened(error.ToString())));
        else if (reply.TryGetProperty("output", out var output)) answer.TrySetResult(new(AnswerKind.Output, "", JsonMarshal.GetRawUtf8Value(output).ToArray()));
        else answer.TrySetResult(new(AnswerKind.Bad, "its answer has none of \"output\", \"error\" and \"busy\""));
    }

    /// <summary>Whose answer it was cannot be read: every task that waits fails, which is one where it takes one at a time.</summary>
    private void Bad(string what)
    {
        foreach (var (_, answer) in pending) answer.TrySetResult(new(AnswerKind.Bad, what));
    }
}
