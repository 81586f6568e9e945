using System.Text;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Sampling;

public sealed class ProcessTableTests
{
    [Theory]
    [InlineData("sh")]
    [InlineData("a) Z 1 (b")]
    [InlineData(")")]
    [InlineData("with space")]
    public void A_name_may_hold_anything(string name)
    {
        var row = ProcessTable.Parse(Encoding.UTF8.GetBytes($"42 ({name}) S 7 40 41 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 1 0 81339 1000 55 18446744073709551615 0"));

        Assert.Equal(new ProcessRow(42, 7, 40, 41, 'S', 33, 77, 81339, 55), row);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData("42 (sh")]
    [InlineData("42 (sh) S 7 40")]
    public void Half_a_line_is_no_process(string text) => Assert.Null(ProcessTable.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void This_process_is_in_the_table_with_its_children()
    {
        var all = new ProcessTable(TimeProvider.System).Read(TimeSpan.Zero);

        Assert.Contains(all.Rows, row => row.Id == Environment.ProcessId);
        Assert.Contains(all.TreeOf(Environment.ProcessId), row => row.Id == Environment.ProcessId);
        Assert.Null(ProcessTable.Find(int.MaxValue));
    }

    [Fact]
    public void A_tree_is_found_whatever_the_order_of_ids_and_keeps_orphans_of_its_session()
    {
        ProcessRow Row(int id, int parent, int session) => new(id, parent, session, session, 'S', 0, 0, 0, 0);
        ProcessRow[] rows = [Row(3, 50, 100), Row(50, 100, 100), Row(60, 1, 100), Row(70, 60, 70), Row(80, 1, 80), Row(100, 9, 100)];

        Assert.Equal([3, 50, 60, 70, 100], new ProcessSnapshot(rows).TreeOf(100).Select(row => row.Id).Order());
    }
}
