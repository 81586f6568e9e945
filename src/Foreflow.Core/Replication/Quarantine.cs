using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>A stage whose replicas fail again and again.</summary>
/// <param name="Stage">Stage number.</param>
/// <param name="StageName">Name of the stage.</param>
/// <param name="Failures">Replicas that failed in a row.</param>
/// <param name="Since">When the first of them did.</param>
/// <param name="TriedAgainAt">When one more is started, to see.</param>
/// <param name="Cause">Why the newest failed.</param>
/// <param name="Error">What was said of it, for people; null where nothing was.</param>
public sealed record QuarantinedStage(int Stage, string StageName, int Failures, Instant Since, Instant TriedAgainAt, AttemptCause Cause, string? Error);

/// <summary>A waiting task that is given up, because nothing that could serve it starts.</summary>
/// <param name="Ticket">The ticket under which it waits.</param>
/// <param name="Why">For people.</param>
public readonly record struct RefusedTask(long Ticket, string Why);

/// <summary>
/// A circuit breaker for each stage, so that a worker that crashes when it starts costs a start a minute and not all there
/// is (Nygard, Release It!, 2007). Two replicas that failed are replaced at once. From the third on a stage waits, then one
/// replica is tried; when it answers a task or lives for ten seconds, the stage is as any other:
/// <code>
/// failures in a row   3    4    5    6    7     8     9 and more
/// waits               1 s  2 s  4 s  8 s  16 s  32 s  60 s
/// </code>
/// Replicas that serve go on meanwhile, and so does every other stage.
/// </summary>
public static class Quarantine
{
    /// <summary>Failures in a row from which on a stage is quarantined.</summary>
    public const int Threshold = 3;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>Tasks wait this long for a stage whose workers crash: what they depend on may come back. Longer, and a run would hang on a fault that only a person can mend.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The stage's quarantine; null where it has none.</summary>
    public static QuarantinedStage? Of(StageState stage, Instant now)
    {
        var health = stage.Health;
        if (health.Failures < Threshold || HasRecovered(stage, now)) return null;
        var wait = TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, Math.Min(health.Failures - Threshold, 10))));
        return new QuarantinedStage(stage.Index, stage.Id.ToString(), health.Failures, health.FailingSince, health.FailedAt + wait, health.Cause, health.Error);
    }

    /// <summary>False while a stage waits until one more replica of it is tried, or until that one has shown whether it lives: it wants no room.</summary>
    public static bool MayStart(StageState stage, Instant now) => Of(stage, now) is not { } held || (now >= held.TriedAgainAt && !HasTrial(stage));

    /// <summary>Holds a target down to what a quarantine allows: nothing more while the stage waits, one more to see when it is tried again.</summary>
    public static ReplicaTarget Limit(StageState stage, ReplicaTarget target, Instant now)
    {
        if (target.Replicas <= stage.ActiveReplicas || Of(stage, now) is not { } held) return target;
        var most = stage.ActiveReplicas + (MayStart(stage, now) ? 1 : 0);
        if (target.Replicas <= most) return target;
        return target with { Replicas = most, Reason = target.Reason with { LimitedBy = Describe(held) } };
    }

    /// <summary>Every quarantined stage.</summary>
    public static ImmutableArray<QuarantinedStage> All(ClusterSnapshot snapshot)
    {
        ImmutableArray<QuarantinedStage>.Builder? found = null;
        foreach (var stage in snapshot.Stages)
            if (stage.Health.Failures >= Threshold && Of(stage, snapshot.Now) is { } held) (found ??= ImmutableArray.CreateBuilder<QuarantinedStage>()).Add(held);
        return found?.ToImmutable() ?? [];
    }

    /// <summary>
    /// Tasks that no replica will serve: at once where the command cannot even be started, after five minutes where workers
    /// crash. A task that came after the newest failure waits for one more try.
    /// </summary>
    public static ImmutableArray<RefusedTask> Refused(ClusterSnapshot snapshot, ImmutableArray<QuarantinedStage> quarantined)
    {
        ImmutableArray<RefusedTask>.Builder? refused = null;
        foreach (var held in quarantined)
        {
            var stage = snapshot.Stages[held.Stage];
            if (stage.Replicas.Any(r => r.Phase != ReplicaPhase.Draining)) continue;
            var patience = held.Cause == AttemptCause.StartFailed ? TimeSpan.Zero : Patience;
            for (var i = 0; i < stage.Queued; i++)
            {
                var task = stage.Waiting(i);
                if (task.ReadyAt > stage.Health.FailedAt || snapshot.Now - Instant.Max(task.ReadyAt, held.Since) < patience) continue;
                var why = string.Create(CultureInfo.InvariantCulture, $"no worker starts: {held.Failures} failed in a row{(held.Error is null ? "" : $", the last: {held.Error}")}");
                (refused ??= ImmutableArray.CreateBuilder<RefusedTask>()).Add(new RefusedTask(task.Ticket, why));
            }
        }

        return refused?.ToImmutable() ?? [];
    }

    /// <summary>When the next quarantined stage is tried again; <see cref="Instant.Never"/> where none is to be.</summary>
    public static Instant NextTry(ClusterSnapshot snapshot)
    {
        var next = Instant.Never;
        foreach (var stage in snapshot.Stages)
            if (stage.Health.Failures >= Threshold && !HasTrial(stage) && Of(stage, snapshot.Now) is { } held && held.TriedAgainAt > snapshot.Now) next = Instant.Min(next, held.TriedAgainAt);
        return next;
    }

    /// <summary>For people: <c>quarantined: 4 replicas in a row failed</c>.</summary>
    public static string Describe(QuarantinedStage held) => string.Create(
        CultureInfo.InvariantCulture, $"quarantined: {held.Failures} replicas in a row failed");

    private static bool HasTrial(StageState stage) => stage.Replicas.Any(r => r.Phase != ReplicaPhase.Draining && stage.Health.IsTrial(r));

    private static bool HasRecovered(StageState stage, Instant now)
    {
        foreach (var replica in stage.Replicas)
            if (replica.Phase == ReplicaPhase.Ready && now - replica.ReadyAt >= StageHealth.Proven && stage.Health.IsTrial(replica)) return true;
        return false;
    }
}
