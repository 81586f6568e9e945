using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>Causes as a workflow file spells them: <c>exit-code</c>, <c>out-of-memory</c>.</summary>
internal static class CauseText
{
    /// <summary>The names a file may use, in the order of the causes.</summary>
    public static readonly ImmutableArray<string> Names = [.. RetryPolicy.RetryableCauses.Select(Name)];

    public static string Name(AttemptCause cause)
    {
        var name = cause.ToString();
        return string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
    }

    public static bool TryParse(string text, out AttemptCause cause)
    {
        var index = Names.IndexOf(text);
        cause = index >= 0 ? RetryPolicy.RetryableCauses[index] : default;
        return index >= 0;
    }
}
