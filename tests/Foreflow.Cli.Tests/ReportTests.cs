using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Tests;

public class ReportTests
{
    private static readonly string[] Headers = ["run", "state", "accepted", "message"];
    private static readonly string[][] Rows = [["01m85rabcdefghij", "interrupted", "2026-11-01 12:00:00", "stage 'load' failed: exit code 3: no such [table]"]];

    [Theory]
    [InlineData(200, true, true, true)]
    [InlineData(80, true, true, false)]
    [InlineData(60, true, false, false)]
    [InlineData(40, false, false, false)]
    public void In_a_narrow_terminal_columns_go_before_cells_are_broken(int width, bool message, bool accepted, bool whole)
    {
        var to = new StringWriter();
        Report.WriteRows(to, Headers, Rows, leaveOut: [2, 3], cut: 3, width);
        var lines = to.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(3, lines.Length);
        Assert.Contains("01m85rabcdefghij", lines[2], StringComparison.Ordinal);
        Assert.Contains("interrupted", lines[2], StringComparison.Ordinal);
        Assert.Equal(message, lines[2].Contains("stage 'load'", StringComparison.Ordinal));
        Assert.Equal(accepted, lines[2].Contains("2026-11-01 12:00:00", StringComparison.Ordinal));
        Assert.Equal(whole, lines[2].Contains("no such [table]", StringComparison.Ordinal));
        if (width >= 60) Assert.All(to.ToString().Split('\n'), line => Assert.True(line.TrimEnd().Length <= width, line));
    }
}
