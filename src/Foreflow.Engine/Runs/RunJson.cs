using System.Text.Json;
using Foreflow.Core.Runs;

namespace Foreflow.Engine.Runs;

/// <summary>Run events as the store keeps them: UTF-8 JSON.</summary>
public static class RunJson
{
    /// <summary>An event as bytes.</summary>
    public static ReadOnlyMemory<byte> Write(RunEvent happened) => JsonSerializer.SerializeToUtf8Bytes(happened, RunEventJson.Default.RunEvent);

    /// <summary>An event from bytes.</summary>
    /// <exception cref="JsonException">The bytes are not an event of this version.</exception>
    public static RunEvent Read(ReadOnlyMemory<byte> bytes) =>
        JsonSerializer.Deserialize(bytes.Span, RunEventJson.Default.RunEvent) ?? throw new JsonException("a run event is null");
}
