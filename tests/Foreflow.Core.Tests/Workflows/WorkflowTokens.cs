using System.Text;

namespace Foreflow.Core.Tests.Workflows;

/// <summary>Pieces of text that mean something in a workflow file, or break one.</summary>
internal static class WorkflowTokens
{
    public static readonly byte[][] All =
    [
        .. new[]
        {
            "${{", "}}", "${{ ", " }}", "&a ", "*a", "<<: *a", "- ", ": ", ":\n", "|", ">", "|+\n", ">-\n", "\t", "\n\t", "'", "\"", "''", "\\", "\\x", "\\u12", "\\ud800",
            "[", "]", "{", "}", "[[[[[[[[", "{{{{", "!", "!!", "!!str ", "!<tag:", "%YAML 1.2\n", "%TAG ! x\n", "---\n", "...\n", "#", " #", "?", "? ", ",", "@", "`",
            "\r", "\r\n", "\0", "\uFEFF", "\u0085", "\u2028", "é", "日", "🚀", "0x1F", "1e400", "-1", "1e99999999999", ".inf", "~", "null", "true", "yes",
            "stages", "needs", "inputs", "item", "index", "run.id", "always()", "fromJSON('", "range(99999999999)", "format('{0}", "stages.a.outputs.x", "inputs.day", "==", "&&", "||", "!",
            "99999999999999999999", "5m", "1h30m", "500m", "256Mi", "*/5 * * * *", "a: &x [*x]\n", "x-y: 1\n", "  ", "\n", "\n\n", "    ",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF0, 0x9F],
    ];
}
