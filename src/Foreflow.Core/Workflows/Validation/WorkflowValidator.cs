using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows.Validation;

/// <summary>The rules every workflow keeps, however it was made. They look at the typed model only; places are paths.</summary>
internal static class WorkflowValidator
{
    /// <summary>The most stages of a workflow.</summary>
    public const int MaxStages = 10_000;

    /// <summary>The most inputs, triggers or gates of a workflow, and outputs of a stage.</summary>
    public const int MaxParts = 1_000;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Checks a draft.</summary>
    /// <param name="draft">Anything the model can hold.</param>
    /// <param name="findings">Takes what is wrong.</param>
    /// <returns>The graph; empty when there is a cycle.</returns>
    public static WorkflowGraph Check(WorkflowDefinition draft, Findings findings)
    {
        findings.AddIf(Names.CheckIdentifier(draft.Name), "name", "bad-name");
        findings.AddIf(Names.CheckText(draft.Description), "description", "bad-text");
        if (draft.Deadline <= TimeSpan.Zero) findings.Add("deadline", "out-of-range", "a deadline is more than 0s");
        var isSmall = CheckSize(draft.Inputs.Length, "inputs", findings)
            & CheckSize(draft.Triggers.Length, "triggers", findings)
            & CheckSize(draft.Gates.Length, "gates", findings);
        if (!isSmall) return WorkflowGraph.Empty;
        CheckInputs(draft, findings);
        CheckTriggers(draft, findings);
        CheckGates(draft, findings);
        if (draft.Stages.IsEmpty && findings.All.All(f => f.Path != "stages")) findings.Add("stages", "no-stages", "a workflow has at least one stage");
        if (draft.Stages.Length > MaxStages)
        {
            findings.Add("stages", "too-large", $"{draft.Stages.Length} stages: at most {MaxStages}. Equal ones are one stage with foreach");
            return WorkflowGraph.Empty;
        }

        CheckStageNames(draft, findings);
        var graph = CheckNeeds(draft, findings);
        foreach (var stage in draft.Stages) StageValidator.Check(draft, stage, findings);
        ReferenceValidator.Check(draft, graph, findings);
        return graph;
    }

    /// <summary>Checks that there are not more of something than are read.</summary>
    public static bool CheckSize(int count, string path, Findings findings)
    {
        if (count <= MaxParts) return true;
        findings.Add(path, "too-large", $"{count} entries: at most {MaxParts}");
        return false;
    }

    private static void CheckInputs(WorkflowDefinition draft, Findings findings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in draft.Inputs)
        {
            var path = $"inputs.{input.Name}";
            findings.AddIf(Names.CheckIdentifier(input.Name), path, "bad-name");
            if (!seen.Add(input.Name)) findings.Add(path, "duplicate", $"there are two inputs '{input.Name}'");
            findings.AddIf(Names.CheckText(input.Description), path, "bad-text");
            if (input.Default is { } given) findings.AddIf(ValueValidator.Check(given), $"{path}.default", "bad-value");
            if (input.Default is { } value && InputBinding.TypeOf(value) != input.Type)
            {
                findings.Add($"{path}.default", "wrong-type", $"the default of '{input.Name}' is {Json.KindOf(value)}, its type is {input.Type.ToString().ToLowerInvariant()}");
            }
        }
    }

    private static void CheckTriggers(WorkflowDefinition draft, Findings findings)
    {
        for (var i = 0; i < draft.Triggers.Length; i++)
        {
            var path = $"triggers[{i}]";
            switch (draft.Triggers[i])
            {
                case CronTrigger cron:
                    findings.AddIf(Names.CheckText(cron.Expression), $"{path}.cron", "bad-text");
                    findings.AddIf(CronText.Check(cron.Expression), $"{path}.cron", "bad-cron");
                    findings.AddIf(CronText.CheckTimeZone(cron.TimeZone), $"{path}.timezone", "bad-timezone");
                    break;
                case IntervalTrigger interval when interval.Period < ShortestInterval:
                    findings.Add($"{path}.every", "out-of-range", $"a run every {DurationText.Format(interval.Period)}: the shortest period is 100ms");
                    break;
            }

            var given = new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal);
            foreach (var (name, value) in draft.Triggers[i].Inputs)
            {
                if (!given.TryAdd(name, value)) findings.Add(path, "duplicate", $"input '{Names.Shorten(name)}' is given twice");
                findings.AddIf(ValueValidator.Check(value), $"{path}.inputs.{name}", "bad-value");
            }

            foreach (var error in InputBinding.Check(draft.Inputs, given)) findings.Add(path, "bad-trigger", $"runs of this trigger cannot start: {error}");
        }
    }

    private static void CheckGates(WorkflowDefinition draft, Findings findings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var gate in draft.Gates)
        {
            var path = $"gates.{gate.Name}";
            findings.AddIf(Names.CheckDotted(gate.Name), path, "bad-name");
            if (!seen.Add(gate.Name)) findings.Add(path, "duplicate", $"there are two gates '{gate.Name}'");
            var units = gate switch { CapacityGate capacity => capacity.Units, RateGate rate => rate.Units, _ => 1 };
            if (units < 1) findings.Add(path, "out-of-range", $"gate '{gate.Name}' lets nothing through: it has at least 1 unit");
            if (gate is RateGate { Period: var period } && period < TimeSpan.FromMilliseconds(1)) findings.Add(path, "out-of-range", "the period of a rate is at least 1ms");
        }
    }

    private static void CheckStageNames(WorkflowDefinition draft, Findings findings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var stage in draft.Stages)
        {
            var path = $"stages.{stage.Name}";
            findings.AddIf(Names.CheckIdentifier(stage.Name), path, "bad-name");
            if (!seen.Add(stage.Name)) findings.Add(path, "duplicate", $"there are two stages '{stage.Name}'");
        }
    }

    private static string Describe(ImmutableArray<string> cycle)
    {
        const int Shown = 12;
        return cycle.Length <= Shown
            ? string.Join(" needs ", cycle.Append(cycle[0]))
            : $"{string.Join(" needs ", cycle.Take(Shown))} needs ... needs {cycle[0]}, {cycle.Length} stages in all";
    }

    private static WorkflowGraph CheckNeeds(WorkflowDefinition draft, Findings findings)
    {
        var names = draft.Stages.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var stage in draft.Stages)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < stage.Needs.Length && !findings.IsFull; i++)
            {
                var need = stage.Needs[i];
                var path = $"stages.{stage.Name}.needs[{i}]";
                if (!names.Contains(need)) findings.Add(path, "unknown-stage", $"there is no stage '{Names.Shorten(need)}'{Suggestion.For(need, draft.Stages.Select(s => s.Name))}");
                else if (!seen.Add(need)) findings.Add(path, "duplicate", $"'{need}' is named twice");
            }
        }

        if (WorkflowGraph.TryBuild(draft.Stages, out var graph, out var cycle)) return graph;
        var at = draft.Stages.First(s => s.Name == cycle[0]);
        findings.Add($"stages.{cycle[0]}.needs[{at.Needs.IndexOf(cycle[cycle.Length > 1 ? 1 : 0])}]", "cycle", cycle.Length == 1
            ? $"stage '{cycle[0]}' needs itself"
            : $"stages need each other in a circle: {Describe(cycle)}");
        return graph;
    }
}
