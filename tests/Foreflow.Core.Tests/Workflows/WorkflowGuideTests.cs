using System.Text;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Core.Workflows.Validation;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Testing;

namespace Foreflow.Core.Tests.Workflows;

/// <summary>The guide says what is so. Its blocks are whole files, parts of a workflow, parts of a stage, or wrong on purpose.</summary>
public class WorkflowGuideTests
{
    private static readonly string Guide = File.ReadAllText(RepositoryFiles.Path("docs", "workflow-file.md"));

    public static TheoryData<string, string> Blocks
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var block in Guide.Split("\n```")[1..].Where(b => b.StartsWith("yaml", StringComparison.Ordinal)))
            {
                var end = block.IndexOf('\n', StringComparison.Ordinal);
                data.Add(block[..end], block[(end + 1)..]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_is_what_it_is_called(string kind, string text)
    {
        var file = kind switch
        {
            "yaml workflow" => $"name: part\n{text}\nstages: {{ a: {{ run: date }} }}\n",
            "yaml stage" => $"name: part\nstages:\n  a:\n{Indent(text)}",
            _ => text,
        };
        var reading = WorkflowReader.Read(file);
        if (kind == "yaml wrong") Assert.Null(reading.Workflow);
        else Assert.True(reading.Diagnostics.IsEmpty, string.Join("\n", reading.Diagnostics));
    }

    [Fact]
    public void The_waits_of_the_retry_example_are_those_it_says()
    {
        var block = Blocks.Select(b => b.Data).Single(b => b.Item2.Contains("# waits", StringComparison.Ordinal)).Item2;
        var retries = WorkflowReader.Read($"name: part\nstages:\n  a:\n{Indent(block)}").Workflow!.Stages[0].Retries;
        var waits = string.Join(", ", Enumerable.Range(1, retries.Max).Select(n => $"{retries.Delay(n, 0).TotalSeconds:0} s"));
        Assert.Contains($"# waits {waits}", block, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_function_cause_and_limit_is_named()
    {
        Assert.All(ExpressionFunction.All, f => Assert.Contains($"`{f.Name}(", Guide, StringComparison.Ordinal));
        Assert.All(CauseText.Names, c => Assert.Contains($"| `{c}` |", Guide, StringComparison.Ordinal));
        Assert.Contains($"{WorkflowReader.MaxBytes >> 20} MiB, {WorkflowValidator.MaxStages:N0} stages, {YamlComposer.MaxNodes:N0} values, {YamlComposer.MaxDepth} levels", Guide, StringComparison.Ordinal);
        Assert.Contains($"at most {TaskInput.MaxTasks:N0}", Guide, StringComparison.Ordinal);
        Assert.Contains($"at most {Expression.MaxLength:N0} characters", Guide, StringComparison.Ordinal);
        Assert.Contains($"at most {StageOutputs.MaxBytes >> 20} MiB", Guide, StringComparison.Ordinal);
    }

    [Fact]
    public void The_builder_example_builds()
    {
        var workflow = Workflow.Create("nightly-logs")
            .Input("day", "today")
            .Stage("split", stage => stage
                .Run("./split.sh \"$DAY\"")
                .Env("DAY", "${{ inputs.day }}")
                .Outputs("chunks"))
            .Stage("count", stage => stage
                .Needs("split")
                .Foreach("stages.split.outputs.chunks")
                .Handler("Counter")
                .Retries(3)
                .Timeout(TimeSpan.FromMinutes(5)))
            .Build();
        Assert.Equal(2, workflow.Stages.Length);

        // The text above is the text of the guide.
        var source = File.ReadAllText(RepositoryFiles.Path("tests", "Foreflow.Core.Tests", "Workflows", "WorkflowGuideTests.cs"));
        var block = Guide.Split("\n```").Single(b => b.StartsWith("csharp", StringComparison.Ordinal))["csharp\n".Length..];
        Assert.Contains(Indent(block).Trim(), source, StringComparison.Ordinal);
    }

    private static string Indent(string text) => string.Concat(text.Split('\n').Select(line => line.Length == 0 ? "\n" : $"        {line}\n"));
}
