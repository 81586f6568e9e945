using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Workflows;
using Foreflow.Testing;

namespace Foreflow.Cli.Tests;

public class GraphCommandTests
{
    private static readonly Dictionary<string, Func<string>> Shapes = new(StringComparer.Ordinal)
    {
        ["alone"] = () => Workflow(("only", "")),
        ["chain"] = () => Workflow(("a", ""), ("b", "a"), ("c", "b")),
        ["apart"] = () => Workflow(("a", ""), ("b", ""), ("c", "b")),
        ["diamond"] = () => Workflow(("a", ""), ("b", "a"), ("c", "a"), ("d", "b,c")),
        ["crossing"] = () => Workflow(("a", ""), ("b", ""), ("c", ""), ("ac", "a,c"), ("bc", "b,c"), ("ab", "a,b"), ("all", "a,b,c")),
        ["scatter"] = () => Workflow([("cut", ""), .. Enumerable.Range(1, 50).Select(i => ($"part-{i}", "cut")), ("join", string.Join(',', Enumerable.Range(1, 50).Select(i => $"part-{i}")))]),
        ["wide"] = () => Workflow([.. Enumerable.Range(1, 18).Select(i => ($"source-{i}", "")), .. Enumerable.Range(1, 18).Select(i => ($"sink-{i}", $"source-{i},source-{(i % 18) + 1}"))]),
    };

    public static TheoryData<string> Names => [.. Shapes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_shape_is_drawn(string name) => GoldenFile.Compare(Golden($"graph-{name}.txt"), Graph(Shapes[name]()).Output);

    [Theory]
    [InlineData("text", "txt")]
    [InlineData("mermaid", "mmd")]
    [InlineData("dot", "dot")]
    [InlineData("json", "json")]
    public void Every_form_shows_kinds_conditions_and_needs(string form, string extension)
    {
        var file = RepositoryFiles.Path("tests", "Foreflow.Core.Tests", "Workflows", "Corpus", "good", "every-key.yaml");
        var run = CommandRun.Of(GraphCommand.Build(), file, "--output", form);
        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        GoldenFile.Compare(Golden($"graph-every-key.{extension}"), run.Output);
    }

    [Fact]
    public void No_line_is_wider_than_60_columns() => AnyGraph.Sample(needs =>
    {
        var text = GraphDrawing.Draw(Build([.. needs.Select((n, i) => ($"stage-with-a-rather-long-name-{i}", string.Join(',', n.Select(p => $"stage-with-a-rather-long-name-{p}"))))]));
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= GraphDrawing.Width, line));
    });

    [Fact]
    public void The_lines_lead_from_every_stage_to_those_that_need_it_and_to_no_other() => AnyGraph.Sample(needs =>
    {
        var groups = needs.Select((n, i) => new StageGroup(i, $"{i}", "", [.. n], [.. Enumerable.Range(0, needs.Length).Where(c => needs[c].Contains(i))])).ToArray();
        var lanes = new GraphLanes(groups);
        var owners = new Dictionary<int, int>();
        for (var i = 0; i < groups.Length; i++)
        {
            var connector = lanes.Place(i);
            var row = lanes.Row(i);
            var own = row.IndexOf('●', StringComparison.Ordinal);
            Assert.Equal(needs[i].Order(), ReadParents(connector, own).Select(column => owners[column]).Order());
            owners[own] = i;
        }
    });

    [Fact]
    public void Ten_thousand_stages_are_drawn_soon()
    {
        var text = GraphDrawing.Draw(Build([.. Enumerable.Range(0, 10_000).Select(i => ($"s{i}", i < 40 ? "" : $"s{i - 40},s{i - 37}"))]));
        Assert.Contains("level 2", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_file_is_an_error_of_the_user()
    {
        var error = Assert.Throws<UserErrorException>(() => Graph("name: x"));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.Contains("1:1: error: a workflow has at least one stage", error.Message, StringComparison.Ordinal);
    }

    // For each stage those before it that it needs; not too many, or nothing is drawn in lanes.
    private static readonly Gen<int[][]> AnyGraph = Gen.Int[0, int.MaxValue].Select(seed =>
    {
        var random = new Random(seed);
        return Enumerable.Range(0, 1 + random.Next(14)).Select(i => Enumerable.Range(0, i).Where(_ => random.Next(4) == 0).ToArray()).ToArray();
    });

    // Follows the line through the stage's own column to both sides and gathers the lanes that come from above into it.
    private static IEnumerable<int> ReadParents(string connector, int own)
    {
        const string FromAbove = "│├┤┼┘└┴", ToRight = "├┼└┌┬┴─", ToLeft = "┤┼┘┐┬┴─";
        var at = own < connector.Length ? connector[own] : ' ';
        if (FromAbove.Contains(at, StringComparison.Ordinal)) yield return own;
        foreach (var (step, onward, joins) in new[] { (1, ToRight, "┤┼┘┴"), (-1, ToLeft, "├┼└┴") })
        {
            if (!onward.Contains(at, StringComparison.Ordinal)) continue;
            for (var column = own + step; column >= 0 && column < connector.Length && connector[column] != ' '; column += step)
            {
                if (joins.Contains(connector[column], StringComparison.Ordinal)) yield return column;
                if (!onward.Contains(connector[column], StringComparison.Ordinal) && connector[column] != '│') break;
            }
        }
    }

    private static CommandRun Graph(string yaml)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, yaml);
            return CommandRun.Of(GraphCommand.Build(), file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Workflow(params (string Name, string Needs)[] stages) =>
        "name: shape\nstages:\n" + string.Concat(stages.Select(s => $"  {s.Name}: {{ run: date, needs: [ {s.Needs} ] }}\n"));

    private static WorkflowDefinition Build((string Name, string Needs)[] stages)
    {
        var builder = Core.Workflows.Workflow.Create("shape");
        foreach (var (name, needs) in stages) builder.Stage(name, s => s.Run("date").Needs(needs.Split(',', StringSplitOptions.RemoveEmptyEntries)));
        return builder.Build();
    }

    private static string Golden(string name) => RepositoryFiles.Path("tests", "Foreflow.Cli.Tests", "Golden", name);
}
