using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Core.Workflows.Validation;

namespace Foreflow.Core.Workflows;

/// <summary>Workflows in code: the same model, held to the same rules, as a file.</summary>
public static class Workflow
{
    /// <summary>Starts a workflow.</summary>
    /// <param name="name">Its name.</param>
    public static WorkflowBuilder Create(string name) => new(name);
}

/// <summary>Gathers the parts of a workflow; <see cref="Build"/> checks them all at once.</summary>
public sealed class WorkflowBuilder
{
    private readonly string _name;
    private readonly Findings _findings = new();
    private readonly ImmutableArray<InputDefinition>.Builder _inputs = ImmutableArray.CreateBuilder<InputDefinition>();
    private readonly ImmutableArray<Trigger>.Builder _triggers = ImmutableArray.CreateBuilder<Trigger>();
    private readonly ImmutableArray<GateDefinition>.Builder _gates = ImmutableArray.CreateBuilder<GateDefinition>();
    private readonly List<StageBuilder> _stages = [];
    private string _description = "";
    private Priority _priority = Model.Priority.Normal;
    private TimeSpan? _deadline;

    internal WorkflowBuilder(string name) => _name = name;

    /// <summary>Says what it is for.</summary>
    public WorkflowBuilder Description(string text)
    {
        _description = text;
        return this;
    }

    /// <summary>Declares an input that every run must be given.</summary>
    public WorkflowBuilder Input(string name, InputType type = InputType.String, string description = "")
    {
        _inputs.Add(new InputDefinition(name, type, null, description));
        return this;
    }

    /// <summary>Declares an input with a default; its type is that of the default.</summary>
    /// <param name="default">What System.Text.Json writes as a string, number, boolean, array or object.</param>
    public WorkflowBuilder Input(string name, object @default, string description = "")
    {
        var value = ToJson(@default);
        _inputs.Add(new InputDefinition(name, InputBinding.TypeOf(value) ?? InputType.String, value, description));
        return this;
    }

    /// <summary>Sets who goes first.</summary>
    public WorkflowBuilder Priority(Priority priority)
    {
        _priority = priority;
        return this;
    }

    /// <summary>Sets how long after its acceptance a run should be done.</summary>
    public WorkflowBuilder Deadline(TimeSpan deadline)
    {
        _deadline = deadline;
        return this;
    }

    /// <summary>Starts a run at every time that matches.</summary>
    /// <param name="expression">Five cron fields, or six with seconds first.</param>
    /// <param name="timeZone">IANA name of a time zone.</param>
    /// <param name="inputs">Values for inputs; the others take their defaults.</param>
    public WorkflowBuilder Cron(string expression, string timeZone = "UTC", params ReadOnlySpan<(string Name, object Value)> inputs)
    {
        _triggers.Add(new CronTrigger(expression, timeZone) { Inputs = ToValues(inputs) });
        return this;
    }

    /// <summary>Starts a run every so often.</summary>
    /// <param name="period">From one start to the next.</param>
    /// <param name="inputs">Values for inputs; the others take their defaults.</param>
    public WorkflowBuilder Every(TimeSpan period, params ReadOnlySpan<(string Name, object Value)> inputs)
    {
        _triggers.Add(new IntervalTrigger(period) { Inputs = ToValues(inputs) });
        return this;
    }

    /// <summary>Declares a gate of so many units at a time.</summary>
    public WorkflowBuilder Gate(string name, int units)
    {
        _gates.Add(new CapacityGate(name, units));
        return this;
    }

    /// <summary>Declares a gate of so many units per period.</summary>
    public WorkflowBuilder Gate(string name, int units, TimeSpan per)
    {
        _gates.Add(new RateGate(name, units, per));
        return this;
    }

    /// <summary>Adds a stage.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="stage">Fills it in; says at least what it does: Run, Worker or Handler.</param>
    public WorkflowBuilder Stage(string name, Action<StageBuilder> stage)
    {
        var builder = new StageBuilder(name, _findings);
        stage(builder);
        _stages.Add(builder);
        return this;
    }

    /// <summary>The workflow.</summary>
    /// <exception cref="WorkflowException">A rule is broken; the exception lists every one that is.</exception>
    public WorkflowDefinition Build() =>
        TryBuild(out var workflow, out var diagnostics) ? workflow! : throw new WorkflowException(diagnostics);

    /// <summary>The workflow, or what is wrong with it.</summary>
    /// <param name="workflow">The workflow; null when there is an error.</param>
    /// <param name="diagnostics">Errors and warnings.</param>
    public bool TryBuild(out WorkflowDefinition? workflow, out ImmutableArray<Diagnostic> diagnostics)
    {
        var findings = new Findings();
        foreach (var finding in _findings.All) findings.Add(finding);
        var draft = new WorkflowDefinition
        {
            Name = _name,
            Description = _description,
            Inputs = _inputs.ToImmutable(),
            Priority = _priority,
            Deadline = _deadline,
            Triggers = _triggers.ToImmutable(),
            Gates = _gates.ToImmutable(),
            Stages = [.. _stages.Select(s => s.Build())],
        };
        workflow = WorkflowCompletion.Complete(draft, findings);
        diagnostics = [.. findings.All.Select(f => new Diagnostic(f.Severity, f.Code, f.Message, f.Path))];
        return workflow is not null;
    }

    internal static JsonElement ToJson(object? value) => value as JsonElement? ?? JsonSerializer.SerializeToElement(value);

    private static ImmutableArray<NamedValue> ToValues(ReadOnlySpan<(string Name, object Value)> values)
    {
        var named = ImmutableArray.CreateBuilder<NamedValue>(values.Length);
        foreach (var (name, value) in values) named.Add(new NamedValue(name, ToJson(value)));
        return named.MoveToImmutable();
    }
}
