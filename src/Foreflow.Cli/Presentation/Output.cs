using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Foreflow.Core.Model;

namespace Foreflow.Cli.Presentation;

/// <summary>The form of an answer.</summary>
public enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs: one JSON document on standard output and nothing else.</summary>
    Json,
}

/// <summary>Writes answers.</summary>
public static class Output
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new InstantConverter(), new RunIdConverter() },
    };

    /// <summary>The option every command that answers has.</summary>
    public static Option<OutputFormat> Option() => new("--output", "-o") { Description = "Form of the answer", DefaultValueFactory = _ => OutputFormat.Table };

    /// <summary>Writes a JSON document.</summary>
    public static void Json(object value) => Json(Console.Out, value);

    /// <summary>Writes a JSON document.</summary>
    public static void Json(TextWriter to, object value) => to.WriteLine(JsonSerializer.Serialize(value, Options));

    /// <summary>A part of a JSON document that is put together.</summary>
    public static JsonNode Node(object value) => JsonSerializer.SerializeToNode(value, Options)!;

    private sealed class RunIdConverter : JsonConverter<RunId>
    {
        public override RunId Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => new(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, RunId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }

    private sealed class InstantConverter : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => Instant.From(reader.GetDateTimeOffset());

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
