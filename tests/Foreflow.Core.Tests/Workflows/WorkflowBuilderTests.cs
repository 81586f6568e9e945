using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Core.Tests.Workflows;

public class WorkflowBuilderTests
{
    private static WorkflowBuilder NightlyLogs() => Workflow.Create("nightly-logs")
        .Input("day", "today")
        .Cron("*/5 * * * *")
        .Stage("split", s => s.Run("./split.sh \"$DAY\"").Env("DAY", "${{ inputs.day }}").Outputs("chunks"))
        .Stage("count", s => s.Needs("split")
            .Foreach("stages.split.outputs.chunks")
            .Worker(["./counter"])
            .Idempotent().Retries(3).Timeout(TimeSpan.FromMinutes(5)).MaxWait(TimeSpan.FromSeconds(2))
            .Gate("warehouse-db").Replicas(0, 8))
        .Stage("merge", s => s.Needs("count").Run("./merge.sh"));

    [Fact]
    public void A_good_workflow_is_built_with_its_graph()
    {
        var workflow = NightlyLogs().Build();
        Assert.Equal([0, 1, 2], workflow.Graph.TopologicalOrder);
        Assert.Equal(["split"], workflow.Stage("count").ReferencedStages);
        Assert.Equal(64, workflow.Version.Length);
    }

    [Fact]
    public void Equal_content_has_equal_version_and_any_change_another()
    {
        Assert.Equal(NightlyLogs().Build(), NightlyLogs().Build());
        Assert.NotEqual(NightlyLogs().Build(), NightlyLogs().Description("x").Build());
    }

    [Fact]
    public void Every_broken_rule_is_said_at_once()
    {
        var built = Workflow.Create("two words")
            .Stage("a", s => s.Needs("b").Run("echo ${{ inputs.day }}"))
            .Stage("b", s => s.Needs("a").Run("true").Env("X", "${{ inputs.dya }}"))
            .Stage("c", s => s.Needs("bb").Run(""))
            .Stage("d", _ => { })
            .TryBuild(out _, out var diagnostics);
        Assert.False(built);
        Assert.Equal(
            ["bad-name", "cycle", "empty", "no-body", "templated-run", "unknown-input", "unknown-stage"],
            diagnostics.Select(d => d.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_canonical_text_is_readable() => Assert.Equal(
        """
        name: nightly-logs
        inputs:
          day:
            type: string
            default: today
        triggers:
          - cron: "*/5 * * * *"
        stages:
          split:
            run: "./split.sh \"$DAY\""
            env:
              DAY: "${{ inputs.day }}"
            outputs: [ chunks ]
          count:
            needs: [ split ]
            foreach: "${{ stages.split.outputs.chunks }}"
            worker:
              command: [ ./counter ]
              protocol: http
            idempotent: true
            retries:
              max: 3
            timeout: 5m
            maxWait: 2s
            gates:
              warehouse-db: 1
            replicas:
              max: 8
          merge:
            needs: [ count ]
            run: ./merge.sh

        """, WorkflowWriter.Write(NightlyLogs().Build()));
}
