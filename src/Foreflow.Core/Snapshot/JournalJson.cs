using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Snapshot;

/// <summary>Writes and reads journal events as JSON.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JournalEvent))]
public sealed partial class JournalJson : JsonSerializerContext;

/// <summary>Writes journal events on lines. The four that come with every task are written by hand: a tenth of the cost, the same JSON.</summary>
public sealed class JournalLines
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _writer;

    /// <summary>No line yet.</summary>
    public JournalLines() => _writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });

    /// <summary>Lines so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the line of an event.</summary>
    public void Add(JournalEvent happened)
    {
        switch (happened)
        {
            case TasksReady { InputBytes: null, AfterCause: null } e: Write(e); break;
            case StageSettled e: Write(e); break;
            case RunEnded e: Write(e); break;
            case AttemptEnded { StartUp: null } e when HasOnlyWallTime(e.Usage): Write(e); break;
            default: JsonSerializer.Serialize(_writer, happened, JournalJson.Default.JournalEvent); break;
        }

        End();
    }

    /// <summary>Adds the line of any other document.</summary>
    public void Add<T>(T document, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(_writer, document, type);
        End();
    }

    /// <summary>The lines as UTF-8; none are left.</summary>
    public byte[] Take()
    {
        var lines = _buffer.WrittenSpan.ToArray();
        _buffer.ResetWrittenCount();
        Count = 0;
        return lines;
    }

    private void End()
    {
        _writer.Flush();
        _writer.Reset();
        _buffer.Write("\n"u8);
        Count++;
    }

    private void Write(TasksReady e)
    {
        Start("ready"u8, e);
        _writer.WriteNumber("run"u8, e.Run);
        WriteUnless0("stage"u8, e.Stage);
        _writer.WriteNumber("firstTicket"u8, e.FirstTicket);
        WriteUnless0("firstIndex"u8, e.FirstIndex);
        WriteUnless0("count"u8, e.Count);
        WriteUnless0("stageTasks"u8, e.StageTasks);
        WriteUnless0("attempt"u8, e.Attempt);
        _writer.WriteEndObject();
    }

    private void Write(StageSettled e)
    {
        Start("settled"u8, e);
        _writer.WriteNumber("run"u8, e.Run);
        WriteUnless0("stage"u8, e.Stage);
        if (e.Skipped) _writer.WriteBoolean("skipped"u8, true);
        _writer.WriteEndObject();
    }

    private void Write(RunEnded e)
    {
        Start("run-"u8, e);
        _writer.WriteNumber("run"u8, e.Run);
        _writer.WriteEndObject();
    }

    private void Write(AttemptEnded e)
    {
        Start("ended"u8, e);
        _writer.WriteNumber("ticket"u8, e.Ticket);
        if (e.Cause != default) _writer.WriteString("cause"u8, e.Cause.ToString());
        if (e.Usage is { } usage)
        {
            _writer.WriteStartObject("usage"u8);
            if (usage.WallTime != default)
            {
                Span<byte> text = stackalloc byte[32];
                usage.WallTime.TryFormat(text, out var length, "c", CultureInfo.InvariantCulture);
                _writer.WriteString("wallTime"u8, text[..length]);
            }

            _writer.WriteEndObject();
        }

        _writer.WriteEndObject();
    }

    /// <summary>Of a handler nothing else is measured.</summary>
    private static bool HasOnlyWallTime(AttemptUsage? usage) => usage is null or
    {
        CpuSeconds: null, CpuPeakCores: null, MemoryPeakBytes: null, MemoryMeanBytes: null, DiskReadBytes: null, DiskWriteBytes: null, NetworkReceivedBytes: null,
        NetworkSentBytes: null, NetworkPeakBytesPerSecond: null, DiskPeakBytesPerSecond: null, InputBytes: null,
    };

    private void Start(ReadOnlySpan<byte> kind, JournalEvent e)
    {
        _writer.WriteStartObject();
        _writer.WriteString("e"u8, kind);
        _writer.WriteStartObject("at"u8);
        _writer.WriteNumber("ticks"u8, e.At.Ticks);
        _writer.WriteEndObject();
    }

    private void WriteUnless0(ReadOnlySpan<byte> name, int value)
    {
        if (value != 0) _writer.WriteNumber(name, value);
    }
}
