using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution;

/// <summary>Reads what a stage gave as its output, trusting nothing about it: size, depth, kind of file, or that it is JSON.</summary>
internal static unsafe class OutputDocument
{
    private const int MaxDepth = 64;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the output file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="declared">Names that must be there.</param>
    /// <param name="maxBytes">The largest size taken, in bytes.</param>
    /// <returns>The output as compact JSON, or what is wrong with it; neither when there is none and none was declared.</returns>
    internal static (string? Json, string? Problem) ReadFile(string path, IReadOnlyList<string> declared, int maxBytes)
    {
        // A pipe or a link in its place must neither block us nor lead us elsewhere.
        var descriptor = SystemCalls.Open(path, SystemCalls.ReadOnly | SystemCalls.NonBlocking | SystemCalls.NoFollow);
        if (descriptor < 0)
        {
            const int NotFound = 2;
            var error = Marshal.GetLastPInvokeError();
            if (error != NotFound) return (null, $"the output file {path} cannot be read: {SystemCalls.Describe(error)}");
            return declared.Count == 0 ? (null, null) : (null, $"it declares the outputs {string.Join(", ", declared)} but wrote no file $FOREFLOW_OUTPUT");
        }

        var buffer = new byte[Math.Min(maxBytes + 1, 16 * 1024)];
        int length;
        while ((length = SystemCalls.ReadFrom(descriptor, buffer)) == buffer.Length && length <= maxBytes)
            buffer = new byte[Math.Min((long)maxBytes + 1, buffer.Length * 8L)];
        _ = SystemCalls.Close(descriptor);
        if (length < 0) return (null, $"the output file {path} is not a file that can be read");
        if (length > maxBytes) return (null, $"its output is larger than {maxBytes} bytes: write large results to files in $FOREFLOW_WORK_DIR and put their names in the output");
        if (length == 0 && declared.Count == 0) return (null, null);
        return Parse(buffer.AsMemory(0, length), declared);
    }

    /// <summary>Checks a JSON text.</summary>
    internal static (string? Json, string? Problem) Parse(ReadOnlyMemory<byte> text, IReadOnlyList<string> declared)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            var root = document.RootElement;
            if (declared.Count == 0) return (StrictUtf8.GetString(text.Span), null);
            if (root.ValueKind != JsonValueKind.Object) return (null, $"its output is a JSON {root.ValueKind.ToString().ToLowerInvariant()}, but named outputs ({string.Join(", ", declared)}) need an object");
            var missing = declared.Where(name => !root.TryGetProperty(name, out _)).ToList();
            return missing.Count == 0
                ? (StrictUtf8.GetString(text.Span), null)
                : (null, $"its output lacks {string.Join(", ", missing)}, which it declares");
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            return (null, $"its output is not valid JSON: {e.Message}");
        }
    }
}
