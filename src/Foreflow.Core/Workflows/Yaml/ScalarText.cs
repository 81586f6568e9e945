using System.Text.RegularExpressions;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>What plain scalars mean by the core schema of YAML 1.2 (there, <c>yes</c>, <c>no</c>, <c>on</c> and <c>off</c> are text).</summary>
internal static partial class ScalarText
{
    public static ScalarKind KindOf(string text)
    {
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
            "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
            _ when JsonNumber().IsMatch(text) => ScalarKind.Number,
            _ when CoreNumber().IsMatch(text) => ScalarKind.ForeignNumber,
            _ => ScalarKind.Text,
        };
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z", RegexOptions.CultureInvariant)]
    private static partial Regex CoreNumber();
}
