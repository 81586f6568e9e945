using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Foreflow.Traces.Series;

/// <summary>One line of a delimited file.</summary>
/// <param name="Line">Line in the file, from 1.</param>
/// <param name="Cells">Its cells, without quotes and surrounding blanks.</param>
internal readonly record struct CsvRow(long Line, string[] Cells);

/// <summary>Reads the rows of a delimited file (comma, semicolon or tab, told by its first line), bounded and one at a time.</summary>
internal static class CsvRows
{
    private const int MaximumCellCharacters = 4096;

    /// <summary>All rows that are not blank, the header among them.</summary>
    /// <exception cref="TraceFileException">The file is not there, too large, damaged or wrongly quoted.</exception>
    public static IEnumerable<CsvRow> Read(string path, FileLimits? limits = null)
    {
        using var reader = new StreamReader(BoundedFile.Open(path, limits));
        var first = ReadFirstLine(path, reader);
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = DelimiterOf(first),
            TrimOptions = TrimOptions.Trim | TrimOptions.InsideQuotes,
            MaxFieldSize = MaximumCellCharacters,
            BadDataFound = null,
            DetectColumnCountChanges = false,
        };
        // The first line decides the delimiter, so it is read twice.
        using var joined = new PrefixedReader(first + "\n", reader);
        using var parser = new CsvParser(joined, configuration);
        while (Next(path, parser))
        {
            var cells = parser.Record!;
            if (cells.Length == 1 && cells[0].Length == 0) continue;
            yield return new CsvRow(parser.RawRow, cells);
        }
    }

    private static string ReadFirstLine(string path, StreamReader reader)
    {
        string? line;
        do line = reader.ReadLine();
        while (line is not null && string.IsNullOrWhiteSpace(line));
        return line ?? throw new TraceFileException(path, "holds no row");
    }

    private static bool Next(string path, CsvParser parser)
    {
        try
        {
            return parser.Read();
        }
        catch (MaxFieldSizeException error)
        {
            throw new TraceFileException(
                path, parser.RawRow, $"a cell is longer than {MaximumCellCharacters} characters; is a quote left open?", error);
        }
    }

    private static string DelimiterOf(string line)
    {
        string[] candidates = [",", ";", "\t"];
        return candidates.MaxBy(candidate => line.Split(candidate).Length)!;
    }

    /// <summary>A text, then the rest of a reader.</summary>
    private sealed class PrefixedReader(string prefix, TextReader rest) : TextReader
    {
        private int _position;

        public override int Peek() => _position < prefix.Length ? prefix[_position] : rest.Peek();

        public override int Read() => _position < prefix.Length ? prefix[_position++] : rest.Read();

        public override int Read(char[] buffer, int index, int count)
        {
            var ready = Math.Min(count, prefix.Length - _position);
            if (ready == 0) return rest.Read(buffer, index, count);
            prefix.CopyTo(_position, buffer, index, ready);
            _position += ready;
            return ready;
        }
    }
}
