using System.Buffers.Text;

namespace Foreflow.Engine.Sampling;

/// <summary>Reads numbers out of the kernel's counter files without allocating. What is not there is null.</summary>
internal static class CounterText
{
    /// <summary>A file that holds one number; null for <c>max</c> or anything else.</summary>
    internal static long? Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out var used) && used > 0 ? value : null;

    /// <summary>The number after a key at the start of a line: <c>usage_usec 1234</c>, <c>MemTotal:  5 kB</c>.</summary>
    internal static long? Key(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        while (!text.IsEmpty)
        {
            var line = NextLine(ref text);
            if (line.Length > key.Length && line.StartsWith(key) && line[key.Length] is (byte)' ' or (byte)'\t')
                return Number(line[key.Length..].TrimStart(" \t"u8));
        }

        return null;
    }

    /// <summary>The sum over all lines of the number after <c>field=</c>: <c>254:0 rbytes=1 wbytes=2</c> (io.stat). 0 for an empty file: no device was used.</summary>
    internal static long SumOfField(ReadOnlySpan<byte> text, ReadOnlySpan<byte> field)
    {
        long sum = 0;
        while (!text.IsEmpty)
        {
            var line = NextLine(ref text);
            for (var at = line.IndexOf(field); at >= 0; at = line.IndexOf(field))
            {
                var whole = at == 0 || line[at - 1] == (byte)' ';
                line = line[(at + field.Length)..];
                if (whole) sum += Number(line) ?? 0;
            }
        }

        return sum;
    }

    /// <summary>The sum over all devices of one operation: <c>254:0 Write 4096</c> (blkio). The <c>Total</c> lines count other operations too and are left out.</summary>
    internal static long SumOfOperation(ReadOnlySpan<byte> text, ReadOnlySpan<byte> operation)
    {
        long sum = 0;
        while (!text.IsEmpty)
        {
            var line = NextLine(ref text);
            var device = line.IndexOf((byte)' ');
            if (device < 0) continue;
            line = line[(device + 1)..];
            if (line.Length > operation.Length && line.StartsWith(operation) && line[operation.Length] == (byte)' ')
                sum += Number(line[(operation.Length + 1)..]) ?? 0;
        }

        return sum;
    }

    /// <summary>A field of pressure information, such as <c>avg10=</c> of the line that starts with <c>some</c>.</summary>
    internal static double? Pressure(ReadOnlySpan<byte> text, ReadOnlySpan<byte> line, ReadOnlySpan<byte> field)
    {
        while (!text.IsEmpty)
        {
            var candidate = NextLine(ref text);
            if (!candidate.StartsWith(line)) continue;
            var at = candidate.IndexOf(field);
            return at >= 0 && Utf8Parser.TryParse(candidate[(at + field.Length)..], out double value, out _) ? value : null;
        }

        return null;
    }

    internal static ReadOnlySpan<byte> NextLine(scoped ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return line;
    }
}
