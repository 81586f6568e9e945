using System.Text.Json;
using System.Text.Json.Serialization;

namespace Foreflow.Core.Snapshot;

/// <summary>Writes and reads journal events as JSON.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JournalEvent))]
public sealed partial class JournalJson : JsonSerializerContext;
