using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>A table that leaves out its least important columns where it would not fit, and says which: broken cells are harder to read than missing ones.</summary>
public sealed class FittingTable
{
    /// <summary>What Spectre's simple border takes beside the cells: one column of space each side of a cell, and the edges.</summary>
    private const int PaddingOfCell = 2;

    private readonly List<(string Name, int Importance)> _columns = [];
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a column.</summary>
    /// <param name="name">Its heading.</param>
    /// <param name="importance">Columns of the lowest are left out first; one of <see cref="int.MaxValue"/> never.</param>
    public FittingTable Column(string name, int importance)
    {
        _columns.Add((name, importance));
        return this;
    }

    /// <summary>Adds a row, one plain text a column.</summary>
    public void Row(params string[] cells)
    {
        if (cells.Length != _columns.Count) throw new ArgumentException($"{cells.Length} cells for {_columns.Count} columns", nameof(cells));
        _rows.Add(cells);
    }

    /// <summary>Writes it.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="width">Columns of characters there are; as many as the terminal has when null.</param>
    public void Write(TextWriter to, int? width = null)
    {
        var room = width ?? Report.WidthOf(to);
        var kept = Enumerable.Range(0, _columns.Count).ToList();
        while (kept.Sum(WidthOf) > room && kept.MinBy(c => _columns[c].Importance) is var least && _columns[least].Importance < int.MaxValue) kept.Remove(least);
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in kept) table.AddColumn(new TableColumn(Markup.Escape(_columns[column].Name)).NoWrap());
        foreach (var row in _rows) table.AddRow([.. kept.Select(c => Markup.Escape(row[c]))]);
        Report.Write(to, table, room);
        var left = _columns.Where((_, i) => !kept.Contains(i)).Select(c => c.Name).ToList();
        if (left.Count > 0) to.WriteLine($"  not shown for want of room: {string.Join(", ", left)} (--output csv has all)");
    }

    private int WidthOf(int column) => PaddingOfCell + _rows.Select(r => r[column].Length).Append(_columns[column].Name.Length).Max() + 1;
}
