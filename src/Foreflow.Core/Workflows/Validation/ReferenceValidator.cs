using System.Collections;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows.Validation;

/// <summary>The rules of expressions: what they read is declared, and has ended before they are evaluated.</summary>
internal static class ReferenceValidator
{
    /// <summary>Checks every expression of every stage.</summary>
    /// <param name="draft">The workflow.</param>
    /// <param name="graph">Its graph; empty when there is a cycle, and then order is not checked.</param>
    /// <param name="findings">Takes what is wrong.</param>
    public static void Check(WorkflowDefinition draft, WorkflowGraph graph, Findings findings)
    {
        var stages = new Dictionary<string, StageDefinition>(StringComparer.Ordinal);
        foreach (var stage in draft.Stages) stages.TryAdd(stage.Name, stage);
        var before = Ancestors(graph);
        foreach (var stage in draft.Stages)
        {
            if (findings.IsFull) return;
            foreach (var use in Uses(stage))
            {
                CheckPlace(stage, use, findings);
                foreach (var input in use.Expression.References.Inputs) CheckInput(draft, use, input, findings);
                foreach (var output in use.Expression.References.Outputs) CheckOutput(stage, use, output, stages, graph, before, findings);
            }
        }
    }

    // An expression with where it stands. Offset is that of the expression's own text within the text at the path.
    private readonly record struct Use(string Path, string Key, Expression Expression, int Offset);

    private static IEnumerable<Use> Uses(StageDefinition stage)
    {
        var path = $"stages.{stage.Name}";
        if (stage.Foreach is { } each) yield return new($"{path}.foreach", "foreach", each, -1);
        if (stage.When is { } when) yield return new($"{path}.when", "when", when, -1);
        foreach (var (name, template) in stage.Env)
        {
            foreach (var use in Uses($"{path}.env.{name}", "env", template)) yield return use;
        }

        foreach (var (name, template) in stage.With)
        {
            foreach (var use in Uses($"{path}.with.{name}", "with", template)) yield return use;
        }

        if (stage.Cache?.Key is { } key)
        {
            foreach (var use in Uses($"{path}.cache.key", "cache", key)) yield return use;
        }
    }

    private static IEnumerable<Use> Uses(string path, string key, Template template) =>
        template.Placed.Select(p => new Use(path, key, p.Expression, p.Offset));

    private static void CheckPlace(StageDefinition stage, Use use, Findings findings)
    {
        if (use.Key == "env" && stage.Body is WorkerBody)
        {
            Add(findings, use, 0, "not-allowed", "a worker serves the tasks of many runs: its environment cannot depend on one. Give the value by 'with'");
        }

        if (use.Expression.IsPerTask)
        {
            var at = use.Expression.References.PerTaskPosition;
            if (use.Key is "foreach" or "when") Add(findings, use, at, "not-allowed", $"'{use.Key}' is asked once for the stage, before there are tasks: there is no item or index yet");
            else if (stage.Foreach is null) Add(findings, use, at, "not-allowed", "there is no item or index: the stage has no 'foreach'");
        }

        if (use.Key != "when" && use.Expression.AsksStatus)
        {
            Add(findings, use, use.Expression.References.StatusPosition, "not-allowed", "always(), success() and failure() belong in 'when'");
        }
    }

    private static void CheckInput(WorkflowDefinition draft, Use use, InputNode node, Findings findings)
    {
        if (node.Name is null) return;
        var input = draft.Inputs.FirstOrDefault(i => i.Name == node.Name);
        if (input is null)
        {
            Add(findings, use, node.Position, "unknown-input", draft.Inputs.IsEmpty
                ? $"there is no input '{node.Name}': the workflow declares no inputs"
                : $"there is no input '{node.Name}'{Suggestion.For(node.Name, draft.Inputs.Select(i => i.Name))}");
        }
        else if (use.Key == "foreach" && input.Type != InputType.Array && use.Expression.Text == $"inputs.{node.Name}")
        {
            Add(findings, use, node.Position, "wrong-type", $"'foreach' takes an array: input '{input.Name}' is {InputBinding.Describe(input.Type)}");
        }
    }

    private static void CheckOutput(
        StageDefinition stage, Use use, OutputNode node, Dictionary<string, StageDefinition> stages, WorkflowGraph graph, BitArray?[] before, Findings findings)
    {
        if (!stages.TryGetValue(node.Stage, out var source))
        {
            Add(findings, use, node.Position, "unknown-stage", $"there is no stage '{node.Stage}'{Suggestion.For(node.Stage, stages.Keys)}");
            return;
        }

        // A misspelt need was reported as such: what it would have brought is not missing as well.
        var isOrderKnown = graph.Count > 0 && stage.Needs.All(stages.ContainsKey);
        if (isOrderKnown && before[graph.IndexOf(stage.Name)] is { } ancestors && !ancestors[graph.IndexOf(source.Name)])
        {
            Add(findings, use, node.Position, "not-a-need", source.Name == stage.Name
                ? "a stage cannot read its own outputs"
                : $"stage '{source.Name}' may not have ended by then: add it to the 'needs' of '{stage.Name}'");
            return;
        }

        if (node.Name is not null && !source.Outputs.Contains(node.Name))
        {
            Add(findings, use, node.Position, "unknown-output",
                $"stage '{source.Name}' declares no output '{node.Name}'{(Suggestion.Nearest(node.Name, source.Outputs) is { } near ? $", did you mean '{near}'?" : $": add it, outputs: [ {node.Name} ]")}");
        }
    }

    private static void Add(Findings findings, Use use, int position, string code, string message) =>
        findings.Add(use.Path, code, message, use.Offset < 0 ? position : use.Offset + position);

    // For each stage, the set of those before it. Only stages whose expressions read outputs need one, but a set is made of those of its parents.
    private static BitArray?[] Ancestors(WorkflowGraph graph)
    {
        var before = new BitArray?[graph.Count];
        foreach (var stage in graph.TopologicalOrder)
        {
            var set = new BitArray(graph.Count);
            foreach (var parent in graph.Parents[stage])
            {
                set.Or(before[parent]!);
                set[parent] = true;
            }

            before[stage] = set;
        }

        return before;
    }
}
