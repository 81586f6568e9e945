using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows;

/// <summary>A stage of a workflow: what is done, after what, how often, with how much, and what becomes of a failure.</summary>
public sealed record StageDefinition
{
    /// <summary>Name, unique within the workflow.</summary>
    public required string Name { get; init; }

    /// <summary>What is done: a process an attempt, a long-lived worker, or a class of the host.</summary>
    public required StageBody Body { get; init; }

    /// <summary>Names of the stages that must have ended before this one starts, in file order.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];

    /// <summary>Yields an array: one task for each element. Null: one task.</summary>
    public Expression? Foreach { get; init; }

    /// <summary>Says whether the stage runs, see <see cref="StageCondition"/>. Null: whenever its needs are met.</summary>
    public Expression? When { get; init; }

    /// <summary>Environment variables of its processes, in file order.</summary>
    public ImmutableArray<NamedTemplate> Env { get; init; } = [];

    /// <summary>The fields of a task's input, in file order. Empty: the default input, see <see cref="TaskInput"/>.</summary>
    public ImmutableArray<NamedTemplate> With { get; init; } = [];

    /// <summary>Names of the values it writes to its output file, in file order. Each is required of every task.</summary>
    public ImmutableArray<string> Outputs { get; init; } = [];

    /// <summary>Files of the work folder kept with the run: paths or globs relative to it.</summary>
    public ImmutableArray<string> Artifacts { get; init; } = [];

    /// <summary>What one task or replica is thought to need before there is a profile; a component of 0 is unknown.</summary>
    public Resources? Resources { get; init; }

    /// <summary>True when <see cref="Resources"/> is to be kept whatever the profile says.</summary>
    public bool ResourcesFixed { get; init; }

    /// <summary>True when a task may be done twice without harm: it may then be hedged, and retried after a lost node.</summary>
    public bool Idempotent { get; init; }

    /// <summary>What becomes of a failed attempt.</summary>
    public RetryPolicy Retries { get; init; } = RetryPolicy.None;

    /// <summary>The longest an attempt may run; null: any time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The service level: the longest a ready task should wait for a replica; null: none is promised.</summary>
    public TimeSpan? MaxWait { get; init; }

    /// <summary>What each attempt holds of shared finite resources while it runs, in file order.</summary>
    public ImmutableArray<GateClaim> Gates { get; init; } = [];

    /// <summary>How many replicas (of a worker) or attempts at a time (of the others) there may be.</summary>
    public ReplicaRange Replicas { get; init; } = ReplicaRange.Any;

    /// <summary>Reuse of an earlier result for equal input; null: never.</summary>
    public CachePolicy? Cache { get; init; }

    /// <summary>Stages whose outputs its expressions read, sorted by name. Validation holds them among its direct and indirect needs.</summary>
    public ImmutableArray<string> ReferencedStages =>
        [.. Expressions().SelectMany(e => e.Stages).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Every expression of the stage, in the order of this page.</summary>
    internal IEnumerable<Expression> Expressions()
    {
        if (Foreach is not null) yield return Foreach;
        if (When is not null) yield return When;
        foreach (var expression in Env.Concat(With).SelectMany(e => e.Value.Expressions)) yield return expression;
        if (Cache?.Key is { } key)
        {
            foreach (var expression in key.Expressions) yield return expression;
        }
    }
}

/// <summary>A template with the name it is given under: an environment variable or a field of a task's input.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The template of its value.</param>
public sealed record NamedTemplate(string Name, Template Value);

/// <summary>What an attempt holds of a gate while it runs.</summary>
/// <param name="Gate">Name of the gate.</param>
/// <param name="Amount">How many units; at least 1.</param>
public sealed record GateClaim(string Gate, int Amount);

/// <summary>How many replicas there may be.</summary>
/// <param name="Min">Kept warm even when nothing is forecast; at least 0.</param>
/// <param name="Max">Never exceeded; at least 1 and at least <paramref name="Min"/>. Null: what capacity allows.</param>
/// <param name="Resilient">True when one more is kept on another node, while nothing else wants its room, as long as all others are on one.</param>
public sealed record ReplicaRange(int Min, int? Max, bool Resilient = false)
{
    /// <summary>Down to none, up to what capacity allows.</summary>
    public static readonly ReplicaRange Any = new(0, null);
}

/// <summary>Reuse of the result of an earlier successful task of the same stage, body and input.</summary>
/// <param name="Key">Also part of what must be equal (a file's hash, a day); null: the input alone decides.</param>
/// <param name="MaxAge">Older results are not reused; null: any age.</param>
public sealed record CachePolicy(Template? Key, TimeSpan? MaxAge);
