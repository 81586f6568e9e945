using System.Text.Json;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows;

/// <summary>
/// Decides, once all direct needs of a stage have ended, whether it runs. As in GitHub Actions, <c>success() &amp;&amp;</c> stands
/// before every condition that does not ask for the outcome itself; unlike there, one skipped need of several does not skip
/// what comes after it:
/// <code>
///                          no when    when: x    when: always()    when: failure()
/// all needs succeeded      run        x          run               skip
/// some skipped, rest well  run        x          run               skip
/// all needs skipped        skip       skip       run               skip
/// any need failed          blocked    blocked    run               run
/// </code>
/// A blocked stage counts as failed for the stages after it, a skipped one as skipped; the outputs of both read as null.
/// A stage whose <c>foreach</c> is empty runs: it succeeds with no task and empty outputs.
/// </summary>
public static class StageCondition
{
    /// <summary>Whether a stage without <c>when</c> runs.</summary>
    public static StageDecision Without(NeedsOutcome needs) =>
        needs.AnyFailed ? StageDecision.Blocked : needs.AllSkipped ? StageDecision.Skip : StageDecision.Run;

    /// <summary>Whether the stage runs.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="scope">What its <c>when</c> can see, with <see cref="ExpressionScope.Needs"/> filled in.</param>
    /// <param name="decision">What to do; <see cref="StageDecision.Blocked"/> on failure.</param>
    /// <param name="error">Why <c>when</c> has no answer: the stage has failed. Null on success.</param>
    public static bool TryDecide(StageDefinition stage, ExpressionScope scope, out StageDecision decision, out string? error)
    {
        error = null;
        decision = Without(scope.Needs);
        if (stage.When is not { } when) return true;
        if (!when.AsksStatus && decision != StageDecision.Run) return true;

        if (!when.TryEvaluate(scope, out var value, out var failure))
        {
            error = $"when: {failure}";
            decision = StageDecision.Blocked;
            return false;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.True:
                decision = StageDecision.Run;
                return true;
            case JsonValueKind.False or JsonValueKind.Null:
                decision = StageDecision.Skip;
                return true;
            default:
                // 'false' as text would be true by the rules of GitHub Actions: a trap that we say aloud.
                error = $"when: the value is {Json.KindOf(value)}, not true or false: compare it, as in {when.Text} == ...";
                decision = StageDecision.Blocked;
                return false;
        }
    }
}

/// <summary>What becomes of a stage whose needs have all ended.</summary>
public enum StageDecision
{
    /// <summary>Its tasks are made.</summary>
    Run,

    /// <summary>It is passed over: its condition is false, or everything it needs was passed over.</summary>
    Skip,

    /// <summary>It cannot run because something before it failed; to those after it that is a failure too.</summary>
    Blocked,
}
