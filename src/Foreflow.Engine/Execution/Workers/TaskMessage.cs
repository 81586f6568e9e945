using System.Buffers;
using System.Text.Json;
using Foreflow.Engine.Execution.Processes;

namespace Foreflow.Engine.Execution.Workers;

/// <summary>A task as a worker is told it.</summary>
internal static class TaskMessage
{
    /// <summary>
    /// One JSON object on one line: id, run, stage, task (its index), attempt, idempotencyKey, traceparent where there
    /// is one, input.
    /// </summary>
    /// <exception cref="StartFailedException">The input is not JSON.</exception>
    internal static ReadOnlyMemory<byte> Write(string id, WorkerTask order)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + (order.InputJson?.Length ?? 0));
        using var message = new Utf8JsonWriter(buffer);
        message.WriteStartObject();
        message.WriteString("id", id);
        message.WriteString("run", order.Attempt.Task.Run.Value);
        message.WriteString("stage", order.Attempt.Task.Stage);
        message.WriteNumber("task", order.Attempt.Task.Index);
        message.WriteNumber("attempt", order.Attempt.Number);
        message.WriteString("idempotencyKey", order.IdempotencyKey ?? order.Attempt.Task.ToString());
        if (order.TraceParent is { } trace) message.WriteString("traceparent", trace);
        message.WritePropertyName("input");
        WriteInput(message, order.InputJson ?? "{}");
        message.WriteEndObject();
        message.Flush();
        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    /// <summary>Written anew, for a line must not be broken by however the input was laid out.</summary>
    private static void WriteInput(Utf8JsonWriter message, string input)
    {
        try
        {
            using var document = JsonDocument.Parse(input);
            document.RootElement.WriteTo(message);
        }
        catch (JsonException e)
        {
            throw new StartFailedException($"the task's input is not JSON: {e.Message}");
        }
    }
}
