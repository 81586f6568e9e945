using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>The form of a report that is a table at heart.</summary>
public enum ReportFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs: one JSON document on standard output and nothing else.</summary>
    Json,

    /// <summary>For spreadsheets: a header and a row for each line, on standard output and nothing else.</summary>
    Csv,
}

/// <summary>Writes reports.</summary>
public static class Report
{
    /// <summary>The option of every command that reports.</summary>
    public static Option<ReportFormat> Option() => new("--output", "-o") { Description = "Form of the answer", DefaultValueFactory = _ => ReportFormat.Table };

    /// <summary>One line of a comma-separated table. Numbers are invariant; what is unknown is empty.</summary>
    public static string CsvLine(params IEnumerable<object?> cells) => string.Join(',', cells.Select(Cell));

    /// <summary>Columns of characters there are: those of the terminal; in a pipe or file those that COLUMNS names, else nothing is known of them, and lines are long.</summary>
    public static int WidthOf(TextWriter to)
    {
        const int WidthOfFiles = 200;
        if (IsTerminal(to)) return AnsiConsole.Profile.Width;
        return int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var columns) && columns > 0 ? columns : WidthOfFiles;
    }

    /// <summary>
    /// Writes a table whose cells are never broken: an id that stands in two lines cannot be used. Where there is no room for all
    /// columns some are left out.
    /// </summary>
    /// <param name="headers">A name for each column.</param>
    /// <param name="rows">Plain texts, one for each column.</param>
    /// <param name="leaveOut">The columns that may be left out, by position, the first to go first.</param>
    /// <param name="cut">A column whose texts may be cut to the room there is; none where below 0.</param>
    /// <param name="width">Columns of characters there are; as <see cref="WidthOf"/> has it where null.</param>
    public static void WriteRows(TextWriter to, string[] headers, IReadOnlyList<string[]> rows, ReadOnlySpan<int> leaveOut, int cut = -1, int? width = null)
    {
        const int Between = 3;
        const int LeastCut = 12;
        var room = (width ?? WidthOf(to)) - Between;
        var widths = headers.Select((header, column) => rows.Select(row => row[column].Length).Append(header.Length).Max()).ToArray();
        var shown = Enumerable.Range(0, headers.Length).ToList();
        foreach (var column in leaveOut)
            if (shown.Sum(c => (c == cut ? Math.Min(widths[c], LeastCut) : widths[c]) + Between) > room) shown.Remove(column);
        var left = Math.Max(LeastCut, room - shown.Where(c => c != cut).Sum(c => widths[c] + Between) - Between);

        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in shown) table.AddColumn(new TableColumn(headers[column]).NoWrap());
        foreach (var row in rows)
            table.AddRow([.. shown.Select(c => Markup.Escape(c == cut && row[c].Length > left ? string.Concat(row[c].AsSpan(0, left - 1), "…") : row[c]))]);
        Write(to, table, width);
    }

    /// <summary>Writes a table. In a pipe or file lines are not broken, and there are no colours.</summary>
    public static void Write(TextWriter to, Table table, int? width = null)
    {
        if (IsTerminal(to))
        {
            AnsiConsole.Write(table);
            return;
        }

        var plain = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(to) });
        plain.Profile.Width = width ?? WidthOf(to);
        plain.Write(table);
    }

    /// <summary>Writes text after a head, broken between words at a width; what follows the first line is set in below it.</summary>
    public static void Wrap(TextWriter to, string head, string text, int width)
    {
        const int LeastText = 20;
        var room = Math.Max(LeastText, width - head.Length);
        var line = new System.Text.StringBuilder();
        var start = head;
        foreach (var word in text.Replace(" %", "\u00A0%", StringComparison.Ordinal).Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > room)
            {
                to.WriteLine((start + line).Replace('\u00A0', ' '));
                line.Clear();
                start = new string(' ', head.Length);
            }

            if (line.Length > 0) line.Append(' ');
            line.Append(word);
        }

        to.WriteLine((start + line).Replace('\u00A0', ' '));
    }

    private static bool IsTerminal(TextWriter to) => ReferenceEquals(to, Console.Out) && !Console.IsOutputRedirected;

    /// <summary>Bytes for people, in powers of 1000; a dash where unknown.</summary>
    public static string Bytes(double? bytes) => bytes is { } b && double.IsFinite(b) ? Scaled(b, "B") : "-";

    /// <summary>A figure with three digits and a unit in powers of 1000.</summary>
    public static string Scaled(double value, string unit)
    {
        string[] prefixes = ["", "k", "M", "G", "T", "P", "E"];
        var power = 0;
        for (; Math.Abs(value) >= 999.5 && power < prefixes.Length - 1; power++) value /= 1000;
        return $"{Digits(value)} {prefixes[power]}{unit}";
    }

    /// <summary>A figure with three digits, or all those before the point.</summary>
    public static string Digits(double value) =>
        value.ToString(Math.Abs(value) switch { >= 99.95 => "0", >= 9.995 => "0.#", >= 0.9995 => "0.##", _ => "0.###" }, CultureInfo.InvariantCulture);

    private static string Cell(object? value)
    {
        var text = value switch
        {
            null => "",
            double number => double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "",
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
        return text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
