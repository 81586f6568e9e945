using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Engine.Runs;

/// <summary>
/// The name under which the result of a task is kept: a hash over its command, the contents of the files that the command
/// names, its input, its environment and the key its stage asks for. What it was granted is no part of it.
/// </summary>
internal static class ResultKey
{
    private const string Format = "foreflow-result-1";
    private static readonly char[] BetweenWords = [' ', '\t', '\n', '\r', ';', '&', '|', '(', ')', '<', '>', '"', '\'', '`', '='];

    /// <summary>The key of a task.</summary>
    /// <param name="workflow">The workflow.</param>
    /// <param name="stage">The stage; it has <c>cache</c>.</param>
    /// <param name="scope">What the template of its key can see.</param>
    /// <param name="inputJson">The task's input.</param>
    /// <param name="environment">The variables the stage names.</param>
    /// <param name="folder">Folder the command starts in.</param>
    /// <returns>64 hexadecimal digits, or what is wrong.</returns>
    public static (string? Key, string? Error) Of(
        WorkflowDefinition workflow, StageDefinition stage, ExpressionScope scope, string inputJson,
        ImmutableArray<KeyValuePair<string, string>> environment, string folder)
    {
        var own = "";
        if (stage.Cache?.Key is { } template && !template.TryEvaluateText(scope, out own, out var failure)) return (null, $"cache.key: {failure}");

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, Format);
        Add(hash, workflow.Name);
        Add(hash, stage.Name);
        foreach (var part in CommandOf(stage.Body)) Add(hash, part);
        foreach (var file in FilesOf(stage.Body, folder)) AddFile(hash, file);
        foreach (var output in stage.Outputs) Add(hash, output);
        foreach (var (name, value) in environment.OrderBy(e => e.Key, StringComparer.Ordinal)) Add(hash, $"{name}={value}");
        Add(hash, inputJson);
        Add(hash, own);
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), null);
    }

    private static IEnumerable<string> CommandOf(StageBody body) => body switch
    {
        RunBody run => [run.Script],
        WorkerBody worker => worker.Command,
        HandlerBody handler => [handler.Name],
        _ => [],
    };

    /// <summary>Files that words of the command name, as far as they can be told: what a script reads besides is for the stage's own key.</summary>
    private static List<string> FilesOf(StageBody body, string folder)
    {
        var words = body is RunBody run ? run.Script.Split(BetweenWords, StringSplitOptions.RemoveEmptyEntries) : [.. CommandOf(body)];
        return [.. words.Where(w => !w.Contains('\0', StringComparison.Ordinal)).Select(w => Path.Combine(folder, w)).Distinct().Where(File.Exists).Order(StringComparer.Ordinal)];
    }

    private static void Add(IncrementalHash hash, string part)
    {
        var bytes = Encoding.UTF8.GetBytes(part);
        // Lengths first: two parts are never taken for two others.
        hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
        hash.AppendData(bytes);
    }

    private static void AddFile(IncrementalHash hash, string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Add(hash, Convert.ToHexStringLower(SHA256.HashData(file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that cannot be read is not the same as one that can.
            Add(hash, "unreadable");
        }
    }
}
