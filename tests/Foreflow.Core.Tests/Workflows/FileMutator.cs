using System.Text;

namespace Foreflow.Core.Tests.Workflows;

/// <summary>Damages workflow files in the ways people, editors and enemies do. Equal seeds give equal damage.</summary>
internal sealed class FileMutator(IReadOnlyList<byte[]> files, int seed)
{
    private static readonly byte[][] Tokens =
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

    private readonly Random _random = new(seed);

    /// <summary>The next damaged file.</summary>
    public byte[] Next()
    {
        var bytes = new List<byte>(Pick(files));
        for (var count = _random.Next(2) == 0 ? 1 : 1 + _random.Next(4); count > 0; count--) Damage(bytes);
        return [.. bytes];
    }

    private void Damage(List<byte> bytes)
    {
        var at = _random.Next(bytes.Count + 1);
        var length = Math.Min(1 << _random.Next(8), bytes.Count - at);
        switch (_random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(_random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                var other = Pick(files);
                var start = _random.Next(other.Length + 1);
                bytes.InsertRange(at, other[start..Math.Min(other.Length, start + 1 + _random.Next(200))]);
                break;
            default:
                bytes.InsertRange(at, Pick(Tokens));
                break;
        }
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];
}
