using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>When an attempt is late.</summary>
/// <param name="Seconds">The time that 95 % of the stage's attempts stay below, by its profile.</param>
/// <param name="Observations">Run times it rests on.</param>
public readonly record struct Lateness(double Seconds, long Observations);

/// <summary>
/// Which running attempts will have outlived what is usual for their stage, and when: kept from event to event, so that the
/// moment an attempt becomes late is known without looking at all that run. Follows from the events, as the plans do.
/// </summary>
public sealed class HedgeWatch
{
    /// <summary>
    /// Run times that are known before anything is called late. The 95 % quantile of so few is exceeded by:
    /// <code>
    ///   20 run times   5 % of attempts on average, 1 to 14 % in nine of ten cases
    ///   50             5 %, 1.5 to 11 %
    ///  200             5 %, 3 to 8 %
    /// </code>
    /// The budget holds whatever the quantile is.
    /// </summary>
    public const int LeastObservations = 20;

    private const double LateQuantile = 0.95;

    /// <summary>A quantile is known to the width of a histogram's bucket: where every task takes the same time, the next one is not late at that very time.</summary>
    private const double Resolution = DecayingHistogram.BucketGrowth;

    /// <summary>An attempt that has become late has late ones looked at with every event for so long; where none has, every full cycle does.</summary>
    private static readonly TimeSpan LookedAtClosely = TimeSpan.FromMilliseconds(250);

    private readonly SortedSet<(long DueTicks, long Ticket)> _due = [];
    private readonly Dictionary<long, long> _dueOf = [];
    private readonly Dictionary<(int Stage, string NodeClass), Lateness> _late = [];

    /// <summary>
    /// Whether attempts of a stage may be hedged. Never where the file does not say that a task may be done twice; nor where
    /// a gate guards it: what is that scarce is not asked for twice.
    /// </summary>
    public static bool IsOpenTo(StageSpec stage) => stage.Idempotent && stage.Gates.IsEmpty;

    /// <summary>False while no stage is known well enough, or may be hedged: there is nothing to watch.</summary>
    internal bool IsNeeded => _late.Count > 0;

    /// <summary>When the next attempt that runs now becomes late; <see cref="Instant.Never"/> where none will.</summary>
    public Instant NextAfter(Instant now)
    {
        if (_due.Count == 0 || _due.Max.DueTicks <= now.Ticks) return Instant.Never;
        var first = _due.Min.DueTicks;
        return new Instant(first > now.Ticks ? first : _due.GetViewBetween((now.Ticks + 1, long.MinValue), (long.MaxValue, long.MaxValue)).Min.DueTicks);
    }

    /// <summary>Tickets of attempts that are late, longest first; none between full cycles while nothing has just become late.</summary>
    public IEnumerable<long> Late(Instant now, bool full)
    {
        if (!AnyLate(now)) return [];
        var late = _due.GetViewBetween((long.MinValue, long.MinValue), (now.Ticks, long.MaxValue));
        return full || late.Max.DueTicks >= now.Ticks - LookedAtClosely.Ticks ? late.Select(d => d.Ticket) : [];
    }

    /// <summary>True while an attempt runs that is late.</summary>
    internal bool AnyLate(Instant now) => _due.Count > 0 && _due.Min.DueTicks <= now.Ticks;

    /// <summary>When an attempt of a stage on a class of nodes is late; null while too little is known.</summary>
    public Lateness? LatenessOf(int stage, string nodeClass) => _late.TryGetValue((stage, nodeClass), out var late) ? late : null;

    /// <summary>Takes in what profiles say by now. Attempts that run already are watched by the new figures where there were none, by the old ones else.</summary>
    internal void Refresh(ClusterSnapshot snapshot)
    {
        if (snapshot.Settings.HedgeShare <= 0) return;
        foreach (var stage in snapshot.Stages)
        {
            if (!IsOpenTo(stage.Spec)) continue;
            var isNews = false;
            foreach (var node in snapshot.Nodes)
            {
                if (!node.Alive || LatenessOf(stage.Profiles.Best(node.Class)) is not { } late) continue;
                isNews |= _late.TryAdd((stage.Index, node.Class), late);
                _late[(stage.Index, node.Class)] = late;
            }

            if (!isNews) continue;
            foreach (var task in stage.InFlight) Watch(snapshot, task);
        }
    }

    /// <summary>An attempt started.</summary>
    internal void Watch(ClusterSnapshot snapshot, TaskEntry task)
    {
        if (task.HedgeOf != 0 || task.HedgedBy != 0 || !IsOpenTo(snapshot.Stages[task.Stage].Spec) || !_late.TryGetValue((task.Stage, snapshot.Nodes[task.Node].Class), out var late)) return;
        var due = (task.StartedAt + TimeSpan.FromSeconds(late.Seconds)).Ticks;
        if (_dueOf.TryAdd(task.Ticket, due)) _due.Add((due, task.Ticket));
    }

    /// <summary>An attempt ended, or is hedged.</summary>
    internal void Forget(long ticket)
    {
        if (_dueOf.Remove(ticket, out var due)) _due.Remove((due, ticket));
    }

    private static Lateness? LatenessOf(StageProfile profile)
    {
        var seconds = profile.ExecutionSeconds;
        return seconds.Count < LeastObservations || seconds.IsEmpty ? null : new Lateness(seconds.Quantile(LateQuantile) * Resolution, seconds.Count);
    }
}
