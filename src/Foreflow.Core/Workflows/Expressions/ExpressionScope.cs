using System.Collections.Immutable;
using System.Text.Json;

namespace Foreflow.Core.Workflows.Expressions;

/// <summary>What an expression can see when it is evaluated.</summary>
public sealed record ExpressionScope
{
    /// <summary><c>run.id</c>.</summary>
    public required string RunId { get; init; }

    /// <summary><c>inputs.NAME</c>: values bound to the workflow's inputs, see <see cref="InputBinding"/>.</summary>
    public ImmutableDictionary<string, JsonElement> Inputs { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>
    /// <c>stages.NAME.outputs</c>: for each ended stage an object of its outputs, made by <see cref="StageOutputs"/>.
    /// A stage that is not here reads as null.
    /// </summary>
    public ImmutableDictionary<string, JsonElement> Outputs { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary><c>item</c>: the element of <c>foreach</c> this task is for; null outside one.</summary>
    public JsonElement? Item { get; init; }

    /// <summary><c>index</c>: its position, from 0; null outside <c>foreach</c>.</summary>
    public int? Index { get; init; }

    /// <summary>How the stages that this one needs ended, for <c>success()</c>, <c>failure()</c> and <c>always()</c>.</summary>
    public NeedsOutcome Needs { get; init; }
}

/// <summary>How the direct needs of a stage ended. The default says that all is well.</summary>
/// <param name="AnyFailed">One failed, was cancelled, or did not run because something before it failed.</param>
/// <param name="AllSkipped">There is at least one need, and every one was skipped.</param>
public readonly record struct NeedsOutcome(bool AnyFailed, bool AllSkipped);
