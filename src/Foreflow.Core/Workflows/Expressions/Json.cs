using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Foreflow.Core.Workflows.Expressions;

/// <summary>JSON values as <see cref="JsonElement"/>: immutable, compared by content, numbers kept as written.</summary>
public static class Json
{
    /// <summary>How deep what is read may nest: less than the 64 levels of common readers by what is put around a value on its way.</summary>
    public const int MaxDepth = 48;

    /// <summary><c>null</c>.</summary>
    public static readonly JsonElement Null = JsonElement.Parse("null");

    private static readonly JsonElement True = JsonElement.Parse("true");
    private static readonly JsonElement False = JsonElement.Parse("false");
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
    private static readonly JsonDocumentOptions Composed = new() { MaxDepth = 1_000 };
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static JsonElement Boolean(bool value) => value ? True : False;

    /// <summary>A number; must be finite.</summary>
    public static JsonElement Number(double value) => JsonElement.Parse(value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>A whole number.</summary>
    public static JsonElement Number(long value) => JsonElement.Parse(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A string. Lone surrogates, which UTF-8 cannot carry, become U+FFFD.</summary>
    public static JsonElement Text(string value) => Write(writer => writer.WriteStringValue(value));

    /// <summary>An array.</summary>
    public static JsonElement Array(IEnumerable<JsonElement> items) => Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var item in items) item.WriteTo(writer);
        writer.WriteEndArray();
    });

    /// <summary>An object with its fields in the order given.</summary>
    public static JsonElement Object(IEnumerable<KeyValuePair<string, JsonElement>> fields) => Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var (name, value) in fields)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    });

    /// <summary>Reads JSON text: one value, at most <see cref="MaxDepth"/> deep, no key twice in an object, every string good Unicode.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The value; <see cref="Null"/> on failure.</param>
    /// <param name="error">What is wrong and where; null on success.</param>
    public static bool TryParse(string text, out JsonElement value, out string? error)
    {
        value = Null;
        error = null;
        try
        {
            var parsed = JsonElement.Parse(text, Strict);
            // An escape may spell half a surrogate pair, which throws only when the string is read.
            if (text.Contains("\\u", StringComparison.Ordinal)) ReadAllText(parsed);
            value = parsed;
            return true;
        }
        catch (JsonException e)
        {
            error = $"not JSON: {WhereAndWhat(e)}";
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            error = "not JSON: a string holds half a surrogate pair";
        }

        return false;
    }

    /// <summary>True when both are equal: objects whatever the order of their fields, numbers by value (<c>1.0</c> equals <c>1</c>).</summary>
    public static bool Equal(JsonElement a, JsonElement b)
    {
        try
        {
            return JsonElement.DeepEquals(a, b);
        }
        catch (ArgumentOutOfRangeException)
        {
            // An exponent beyond 32 bits: no two such numbers are told apart by more than their spelling.
            return ToText(a) == ToText(b);
        }
    }

    /// <summary>Compact JSON text: no blanks, letters beyond ASCII as they are.</summary>
    public static string ToText(JsonElement value) => WriteText(value.WriteTo);

    /// <summary>The value that a writer is given.</summary>
    internal static JsonElement Write(Action<Utf8JsonWriter> write) => JsonElement.Parse(WriteUtf8(write), Composed);

    /// <summary>The text that a writer is given: for what is composed of many values, without making each a value first.</summary>
    internal static string WriteText(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(Fill(write).WrittenSpan);

    internal static byte[] WriteUtf8(Action<Utf8JsonWriter> write) => Fill(write).WrittenSpan.ToArray();

    private static ArrayBufferWriter<byte> Fill(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, Plain);
        write(writer);
        writer.Flush();
        return buffer;
    }

    internal static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => "null",
    };

    private static void ReadAllText(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) ReadAllText(item);
                break;
            case JsonValueKind.Object:
                foreach (var field in value.EnumerateObject())
                {
                    _ = field.Name;
                    ReadAllText(field.Value);
                }

                break;
        }
    }

    // The library's message names the rule and then, in its own words, the place; the place is said in ours.
    private static string WhereAndWhat(JsonException e)
    {
        var message = e.Message;
        var place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (place > 0) message = message[..place];
        return e.LineNumber is { } line ? $"line {line + 1}, byte {e.BytePositionInLine + 1}: {message}" : message;
    }
}
