using Foreflow.Core.Model;

namespace Foreflow.Core.Outcomes;

/// <summary>
/// What became of a change in the replicas of a stage. Replicas that were started are a hit when tasks used them before
/// they were given up; replicas that were given up are a hit when none was started again before the time a restart takes
/// was over: until then keeping them would have cost less.
/// </summary>
public sealed record ReplicaOutcome(Instant SettledAt, string StageName) : Outcome(SettledAt, StageName)
{
    /// <summary>The plan that decided.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was decided.</summary>
    public required Instant At { get; init; }

    /// <summary>How it turned out.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>The time the demand was foreseen for; a start-up after the decision where nothing was foreseen.</summary>
    public required Instant DueAt { get; init; }

    /// <summary>Slots that tasks needed then, waiting ones counted: the mean over the control cycle that holds that time. Null where the journal ended before.</summary>
    public double? RealisedSlots { get; init; }

    /// <summary>The highest such mean from the decision until that time had passed.</summary>
    public double PeakSlots { get; init; }

    /// <summary>Replicas it would have taken to serve that peak with no slot to spare.</summary>
    public int PeakReplicas { get; init; }

    /// <summary>Tasks of the stage that started late in that time: they waited longer than they may.</summary>
    public long WaitsMissed { get; init; }

    /// <summary>Replicas it started.</summary>
    public int Started { get; init; }

    /// <summary>Of those, how many served a task before they were given up.</summary>
    public int Used { get; init; }

    /// <summary>Of those, how many failed before they served a task.</summary>
    public int Failed { get; init; }

    /// <summary>Seconds from the decision to the first task one of them served; null where none did.</summary>
    public double? FirstUseSeconds { get; init; }

    /// <summary>Replica-seconds that those which were used stood warm before their first task: the price of being early.</summary>
    public double EarlyReplicaSeconds { get; init; }

    /// <summary>Replica-seconds, start-up included, of those that were never used.</summary>
    public double WastedReplicaSeconds { get; init; }

    /// <summary>Replicas it gave up.</summary>
    public int GivenUp { get; init; }

    /// <summary>Replicas that were started again before the time a restart takes was over.</summary>
    public int StartedAgain { get; init; }
}
