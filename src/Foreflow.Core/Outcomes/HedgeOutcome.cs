using Foreflow.Core.Model;
using Foreflow.Core.Runs;

namespace Foreflow.Core.Outcomes;

/// <summary>
/// What became of a second attempt beside one that was late: a hit when the task was done by it, a waste when the first
/// was done before it after all, lost when neither succeeded.
/// </summary>
public sealed record HedgeOutcome(Instant SettledAt, string StageName) : Outcome(SettledAt, StageName)
{
    /// <summary>The plan that decided.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was decided.</summary>
    public required Instant At { get; init; }

    /// <summary>The numbers it rested on.</summary>
    public required HedgeReason Reason { get; init; }

    /// <summary>Node of the first attempt.</summary>
    public required string HedgedNode { get; init; }

    /// <summary>Node of the second.</summary>
    public required string Node { get; init; }

    /// <summary>How it turned out.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Seconds from the decision until the task was done, or until nothing more ran for it.</summary>
    public required double Seconds { get; init; }
}
