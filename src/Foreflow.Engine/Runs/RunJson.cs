using System.Buffers;
using System.Text.Json;
using Foreflow.Core.Runs;

namespace Foreflow.Engine.Runs;

/// <summary>Run events as the store keeps them: UTF-8 JSON. The two that come with every attempt are written by hand, at a fraction of the cost; they read alike.</summary>
public static class RunJson
{
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? scratch;

    /// <summary>An event as bytes.</summary>
    public static ReadOnlyMemory<byte> Write(RunEvent happened) => happened switch
    {
        AttemptStarted { Hedge: null } e => Write(e),
        AttemptFinished { ExitCode: null, Error: null, Cached: false } e => Write(e),
        _ => JsonSerializer.SerializeToUtf8Bytes(happened, RunEventJson.Default.RunEvent),
    };

    /// <summary>An event from bytes.</summary>
    /// <exception cref="JsonException">The bytes are not an event of this version.</exception>
    public static RunEvent Read(ReadOnlyMemory<byte> bytes) =>
        JsonSerializer.Deserialize(bytes.Span, RunEventJson.Default.RunEvent) ?? throw new JsonException("a run event is null");

    private static byte[] Write(AttemptStarted e)
    {
        var (buffer, writer) = Begin("started"u8);
        WriteUnless0(writer, "stage"u8, e.Stage);
        WriteUnless0(writer, "task"u8, e.Task);
        WriteUnless0(writer, "attempt"u8, e.Attempt);
        writer.WriteString("node"u8, e.Node);
        if (e.Replica is { } replica) writer.WriteNumber("replica"u8, replica);
        if (e.Granted is { } granted)
        {
            writer.WritePropertyName("granted"u8);
            JsonSerializer.Serialize(writer, granted, RunEventJson.Default.Resources);
        }

        return End(buffer, writer, e);
    }

    private static byte[] Write(AttemptFinished e)
    {
        var (buffer, writer) = Begin("finished"u8);
        WriteUnless0(writer, "stage"u8, e.Stage);
        WriteUnless0(writer, "task"u8, e.Task);
        WriteUnless0(writer, "attempt"u8, e.Attempt);
        WriteUnless0(writer, "cause"u8, (int)e.Cause);
        if (e.Output is { } output) writer.WriteString("output"u8, output);
        if (e.Usage is { } usage)
        {
            writer.WritePropertyName("usage"u8);
            JsonSerializer.Serialize(writer, usage, RunEventJson.Default.AttemptUsage);
        }

        return End(buffer, writer, e);
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) Begin(ReadOnlySpan<byte> kind)
    {
        var (buffer, writer) = scratch ??= Make();
        buffer.ResetWrittenCount();
        writer.Reset();
        writer.WriteStartObject();
        writer.WriteString("e"u8, kind);
        return (buffer, writer);
    }

    private static byte[] End(ArrayBufferWriter<byte> buffer, Utf8JsonWriter writer, RunEvent e)
    {
        writer.WriteStartObject("at"u8);
        writer.WriteNumber("ticks"u8, e.At.Ticks);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) Make()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        return (buffer, new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }));
    }

    private static void WriteUnless0(Utf8JsonWriter writer, ReadOnlySpan<byte> name, int value)
    {
        if (value != 0) writer.WriteNumber(name, value);
    }
}
