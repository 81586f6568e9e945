using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Core.Workflows.Validation;

namespace Foreflow.Core.Workflows;

/// <summary>Gathers the parts of a stage. Expressions are given as text, with or without <c>${{ }}</c>.</summary>
public sealed class StageBuilder
{
    private readonly string _path;
    private readonly Findings _findings;
    private StageDefinition _stage;

    internal StageBuilder(string name, Findings findings)
    {
        _path = $"stages.{name}";
        _findings = findings;
        _stage = new StageDefinition { Name = name, Body = new NoBody(IsReported: false) };
    }

    /// <summary>Adds stages that must have ended before this one starts.</summary>
    public StageBuilder Needs(params ReadOnlySpan<string> stages) => Set(_stage with { Needs = [.. _stage.Needs, .. stages] });

    /// <summary>Runs a script: one process an attempt.</summary>
    public StageBuilder Run(string script) => Set(_stage with { Body = new RunBody(script) });

    /// <summary>Serves tasks by a long-lived process.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="protocol">How it takes tasks.</param>
    /// <param name="concurrency">How many tasks one replica takes at a time.</param>
    public StageBuilder Worker(IEnumerable<string> command, WorkerProtocol protocol = WorkerProtocol.Http, int concurrency = 1) =>
        Set(_stage with { Body = new WorkerBody([.. command], protocol, concurrency) });

    /// <summary>Calls a class of the host.</summary>
    /// <param name="name">The name it is registered under.</param>
    public StageBuilder Handler(string name) => Set(_stage with { Body = new HandlerBody(name) });

    /// <summary>Makes one task of each element of the array an expression yields.</summary>
    public StageBuilder Foreach(string expression) =>
        Parse(expression, "foreach") is { } parsed ? Set(_stage with { Foreach = parsed }) : this;

    /// <summary>Makes one task of each of these values.</summary>
    public StageBuilder Foreach(IEnumerable<object> items) =>
        Set(_stage with { Foreach = Expression.Literal(Json.Array(items.Select(WorkflowBuilder.ToJson))) });

    /// <summary>Sets the condition on which the stage runs.</summary>
    public StageBuilder When(string expression) =>
        Parse(expression, "when") is { } parsed ? Set(_stage with { When = parsed }) : this;

    /// <summary>Adds an environment variable.</summary>
    /// <param name="template">Its value: text, in which <c>${{ }}</c> stands for the value of an expression.</param>
    public StageBuilder Env(string name, string template) =>
        ParseTemplate(template, $"env.{name}") is { } parsed ? Set(_stage with { Env = _stage.Env.Add(new(name, parsed)) }) : this;

    /// <summary>Adds a field to the input of its tasks.</summary>
    /// <param name="template">Its value: one expression, whose type is kept, or text with expressions in it.</param>
    public StageBuilder With(string name, string template) =>
        ParseTemplate(template, $"with.{name}") is { } parsed ? Set(_stage with { With = _stage.With.Add(new(name, parsed)) }) : this;

    /// <summary>Adds a field to the input of its tasks that is always this value.</summary>
    public StageBuilder With(string name, object value) =>
        Set(_stage with { With = _stage.With.Add(new(name, Template.Literal(WorkflowBuilder.ToJson(value)))) });

    /// <summary>Adds outputs that each task writes.</summary>
    public StageBuilder Outputs(params ReadOnlySpan<string> names) => Set(_stage with { Outputs = [.. _stage.Outputs, .. names] });

    /// <summary>Adds files to keep: paths or globs within the work folder.</summary>
    public StageBuilder Artifacts(params ReadOnlySpan<string> patterns) => Set(_stage with { Artifacts = [.. _stage.Artifacts, .. patterns] });

    /// <summary>Sets what a task or replica is thought to need.</summary>
    /// <param name="resources">The amounts; 0 is unknown.</param>
    /// <param name="isFixed">True to keep them whatever the profile says.</param>
    public StageBuilder Resources(Resources resources, bool isFixed = false) =>
        Set(_stage with { Resources = resources, ResourcesFixed = isFixed });

    /// <summary>Declares that a task may be done twice without harm.</summary>
    public StageBuilder Idempotent(bool value = true) => Set(_stage with { Idempotent = value });

    /// <summary>Retries failed attempts with the usual waits.</summary>
    /// <param name="max">How many retries.</param>
    public StageBuilder Retries(int max) => Set(_stage with { Retries = RetryPolicy.None with { Max = max } });

    /// <summary>Retries failed attempts.</summary>
    public StageBuilder Retries(RetryPolicy policy) => Set(_stage with { Retries = policy });

    /// <summary>Sets the longest an attempt may run.</summary>
    public StageBuilder Timeout(TimeSpan timeout) => Set(_stage with { Timeout = timeout });

    /// <summary>Sets the service level: the longest a ready task should wait for a replica.</summary>
    public StageBuilder MaxWait(TimeSpan wait) => Set(_stage with { MaxWait = wait });

    /// <summary>Holds units of a gate while an attempt runs.</summary>
    public StageBuilder Gate(string name, int amount = 1) => Set(_stage with { Gates = _stage.Gates.Add(new GateClaim(name, amount)) });

    /// <summary>Bounds the number of replicas, and keeps one more on another node while nothing else wants its room where it is to be resilient.</summary>
    public StageBuilder Replicas(int min = 0, int? max = null, bool resilient = false) => Set(_stage with { Replicas = new ReplicaRange(min, max, resilient) });

    /// <summary>Reuses earlier results for equal input.</summary>
    /// <param name="key">A template that must also be equal; null: the input alone decides.</param>
    /// <param name="maxAge">Older results are not reused; null: any age.</param>
    public StageBuilder Cache(string? key = null, TimeSpan? maxAge = null) =>
        Set(_stage with { Cache = new CachePolicy(key is null ? null : ParseTemplate(key, "cache.key"), maxAge) });

    internal StageDefinition Build() => _stage;

    private StageBuilder Set(StageDefinition stage)
    {
        _stage = stage;
        return this;
    }

    private Expression? Parse(string text, string key)
    {
        if (Expression.TryParse(ExpressionText.Unwrap(text, out _), out var expression, out var error)) return expression;
        _findings.Add($"{_path}.{key}", "bad-expression", error!.ToString());
        return null;
    }

    private Template? ParseTemplate(string text, string key)
    {
        if (Template.TryParse(text, out var template, out var error)) return template;
        _findings.Add($"{_path}.{key}", "bad-expression", error!.ToString());
        return null;
    }
}
