using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Tests.Workflows;

/// <summary>What tasks are given and give: inputs bound, conditions decided, items expanded, outputs read and gathered.</summary>
public class TaskDataTests
{
    private static readonly WorkflowDefinition Workflow = Core.Workflows.Workflow.Create("w")
        .Input("day", "today").Input("limit", 10).Input("who")
        .Stage("split", s => s.Run("x").Outputs("chunks", "count"))
        .Stage("each", s => s.Needs("split").Foreach("stages.split.outputs.chunks").Run("x").Env("ITEM", "${{ item }}-${{ index }}").Outputs("size"))
        .Stage("given", s => s.Needs("split").Foreach("stages.split.outputs.chunks").Handler("h").With("file", "${{ item }}").With("n", "${{ inputs.limit }}").With("text", "day ${{ inputs.day }}"))
        .Stage("merge", s => s.Needs("each").Run("x").When("inputs.limit > 5"))
        .Build();

    private static readonly ExpressionScope Scope = new()
    {
        RunId = "r",
        Inputs = ImmutableDictionary<string, JsonElement>.Empty.Add("day", Json.Text("mon")).Add("limit", Json.Number(10L)).Add("who", Json.Text("me")),
        Outputs = ImmutableDictionary<string, JsonElement>.Empty
            .Add("split", JsonElement.Parse("""{"chunks":["a","b"],"count":2}"""))
            .Add("each", JsonElement.Parse("""{"size":[1,2]}""")),
    };

    [Theory]
    // stage has no 'when'
    [InlineData(null, false, false, StageDecision.Run)]
    [InlineData(null, false, true, StageDecision.Skip)]
    [InlineData(null, true, false, StageDecision.Blocked)]
    // a condition that does not ask how the needs ended
    [InlineData("true", false, false, StageDecision.Run)]
    [InlineData("false", false, false, StageDecision.Skip)]
    [InlineData("null", false, false, StageDecision.Skip)]
    [InlineData("true", false, true, StageDecision.Skip)]
    [InlineData("true", true, false, StageDecision.Blocked)]
    // conditions that do
    [InlineData("always()", false, false, StageDecision.Run)]
    [InlineData("always()", false, true, StageDecision.Run)]
    [InlineData("always()", true, false, StageDecision.Run)]
    [InlineData("failure()", false, false, StageDecision.Skip)]
    [InlineData("failure()", false, true, StageDecision.Skip)]
    [InlineData("failure()", true, false, StageDecision.Run)]
    [InlineData("success() || failure()", true, false, StageDecision.Run)]
    [InlineData("success()", false, true, StageDecision.Skip)]
    public void A_stage_runs_is_skipped_or_blocked_by_the_table(string? when, bool anyFailed, bool allSkipped, StageDecision expected)
    {
        var stage = new StageDefinition { Name = "s", Body = new RunBody("x"), When = when is null ? null : Expression.Parse(when) };
        Assert.True(StageCondition.TryDecide(stage, Scope with { Needs = new NeedsOutcome(anyFailed, allSkipped) }, out var decision, out _));
        Assert.Equal(expected, decision);
    }

    [Fact]
    public void A_condition_that_is_not_true_or_false_fails_the_stage()
    {
        var stage = new StageDefinition { Name = "s", Body = new RunBody("x"), When = Expression.Parse("inputs.day") };
        Assert.False(StageCondition.TryDecide(stage, Scope, out _, out var error));
        Assert.Equal("when: the value is a string, not true or false: compare it, as in inputs.day == ...", error);
    }

    [Theory]
    [InlineData("""{"chunks":[1],"count":1,"extra":0}""", """{"chunks":[1],"count":1}""", null)]
    [InlineData("""{"count":1,"chunks":null}""", """{"chunks":null,"count":1}""", null)]
    [InlineData(null, null, "nothing was written to $FOREFLOW_OUTPUT; declared: chunks, count")]
    [InlineData("  ", null, "nothing was written to $FOREFLOW_OUTPUT; declared: chunks, count")]
    [InlineData("""{"count":1}""", null, "the output lacks chunks")]
    [InlineData("[1]", null, "the output is an array, not an object with the fields chunks, count")]
    [InlineData("""{"count":1,"count":2,"chunks":1}""", null, "the output is not JSON: Duplicate property 'count'")]
    public void Outputs_are_those_declared(string? written, string? expected, string? error)
    {
        Assert.Equal(error is null, StageOutputs.TryRead(Workflow.Stage("split"), written, out var outputs, out var said));
        if (error is null) Assert.Equal(expected, Json.ToText(outputs));
        else Assert.StartsWith(error, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stage_without_declared_outputs_may_write_anything_or_nothing() =>
        Assert.True(StageOutputs.TryRead(Workflow.Stage("merge"), "not json", out _, out _));

    [Fact]
    public void Outputs_of_foreach_are_gathered_by_name_in_order() => Assert.Equal(
        """{"size":[1,null,3]}""",
        Json.ToText(StageOutputs.Gather(Workflow.Stage("each"), [JsonElement.Parse("""{"size":1}"""), JsonElement.Parse("""{"size":null}"""), JsonElement.Parse("""{"size":3}""")])));

    [Fact]
    public void The_deepest_output_goes_through_every_hand_and_a_deeper_one_is_refused()
    {
        static string Nested(int levels) => $$"""{"chunks":{{new string('[', levels - 1)}}{{new string(']', levels - 1)}},"count":1}""";
        var stage = Workflow.Stage("split");
        Assert.True(StageOutputs.TryRead(stage, Nested(Json.MaxDepth), out var deepest, out _));
        var gathered = StageOutputs.Gather(stage, [deepest, deepest]);
        var scope = Scope with { Outputs = Scope.Outputs.SetItem("each", gathered) };
        Assert.True(TaskInput.TryCompose(Workflow, Workflow.Stage("merge"), scope, out var json, out _));
        JsonElement.Parse(json);
        Assert.False(StageOutputs.TryRead(stage, Nested(Json.MaxDepth + 1), out _, out var error));
        Assert.Contains("depth", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_of_a_skipped_stage_are_null() =>
        Assert.Equal("""{"chunks":null,"count":null}""", Json.ToText(StageOutputs.Skipped(Workflow.Stage("split"))));

    [Fact]
    public void Foreach_makes_a_task_of_each_element()
    {
        Assert.True(TaskInput.TryExpand(Workflow.Stage("each"), Scope, out var items, out _));
        Assert.Equal(["\"a\"", "\"b\""], items.Select(Json.ToText));
        Assert.True(TaskInput.TryExpand(Workflow.Stage("split"), Scope, out var one, out _));
        Assert.Equal("null", Json.ToText(Assert.Single(one)));
    }

    [Fact]
    public void Foreach_over_what_is_no_array_fails_the_stage()
    {
        var skipped = Scope with { Outputs = Scope.Outputs.SetItem("split", StageOutputs.Skipped(Workflow.Stage("split"))) };
        Assert.False(TaskInput.TryExpand(Workflow.Stage("each"), skipped, out _, out var error));
        Assert.Equal("foreach: stages.split.outputs.chunks is null, not an array", error);
    }

    [Theory]
    [InlineData("split", """{"inputs":{"day":"mon","limit":10,"who":"me"},"stages":{}}""")]
    [InlineData("merge", """{"inputs":{"day":"mon","limit":10,"who":"me"},"stages":{"each":{"outputs":{"size":[1,2]}}}}""")]
    [InlineData("each", """{"inputs":{"day":"mon","limit":10,"who":"me"},"item":"b","index":1}""")]
    [InlineData("given", """{"file":"b","n":10,"text":"day mon"}""")]
    public void A_task_is_given_its_input(string stage, string expected)
    {
        Assert.True(TaskInput.TryCompose(Workflow, Workflow.Stage(stage), Scope with { Item = Json.Text("b"), Index = 1 }, out var json, out _));
        Assert.Equal(expected, json);
    }

    [Fact]
    public void A_task_is_given_its_environment()
    {
        Assert.True(TaskInput.TryEnvironment(Workflow.Stage("each"), Scope with { Item = JsonElement.Parse("""{"a":1}"""), Index = 1 }, out var environment, out _));
        Assert.Equal([new("ITEM", """{"a":1}-1""")], environment);
        Assert.False(TaskInput.TryEnvironment(Workflow.Stage("each"), Scope with { Item = Json.Text(new string('x', 200_000)), Index = 1 }, out _, out var error));
        Assert.Equal("env.ITEM: the value is longer than 130816 bytes: read it from $FOREFLOW_INPUT instead", error);
    }

    [Fact]
    public void Inputs_are_bound_by_type_with_defaults()
    {
        var errors = InputBinding.Bind(Workflow, new Dictionary<string, string> { ["who"] = "5", ["limit"] = "7" }, out var bound);
        Assert.Empty(errors);
        Assert.Equal(["day=\"today\"", "limit=7", "who=\"5\""], bound.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => $"{b.Key}={Json.ToText(b.Value)}"));
    }

    [Fact]
    public void Every_wrong_input_is_said_at_once() => Assert.Equal(
        ["input 'limit' is a number, not 'many'", "there is no input 'dya', did you mean 'day'?", "input 'who' is required: give a string"],
        InputBinding.Bind(Workflow, new Dictionary<string, string> { ["dya"] = "x", ["limit"] = "many" }, out _));

    [Fact]
    public void Json_inputs_are_held_to_their_types() => Assert.Equal(
        ["input 'limit' is a number, not a string", "input 'who' is a string, not null"],
        InputBinding.Bind(Workflow, new Dictionary<string, JsonElement> { ["limit"] = Json.Text("7"), ["who"] = Json.Null }, out _));

    [Theory]
    [InlineData(1, 0.0, 2.0)]
    [InlineData(1, 1.0, 1.0)]
    [InlineData(3, 0.0, 8.0)]
    [InlineData(3, 0.5, 6.0)]
    [InlineData(60, 0.0, 30.0)]
    public void Backoff_grows_to_its_longest_and_jitter_only_takes_away(int retry, double unit, double seconds)
    {
        var policy = new RetryPolicy { Max = 3, Backoff = TimeSpan.FromSeconds(2), Factor = 2, MaxBackoff = TimeSpan.FromSeconds(30), Jitter = 0.5 };
        Assert.Equal(seconds, policy.Delay(retry, unit).TotalSeconds, 6);
    }

    [Fact]
    public void Only_named_causes_are_retried_and_only_so_often()
    {
        var policy = new RetryPolicy { Max = 2, On = [AttemptCause.Timeout] };
        Assert.True(policy.Allows(AttemptCause.Timeout, 1));
        Assert.False(policy.Allows(AttemptCause.Timeout, 2));
        Assert.False(policy.Allows(AttemptCause.ExitCode, 0));
        Assert.False(RetryPolicy.None.Allows(AttemptCause.ExitCode, 0));
    }
}
