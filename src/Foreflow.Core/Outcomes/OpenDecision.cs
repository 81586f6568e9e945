using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Outcomes;

/// <summary>A change in replicas whose outcome cannot be told yet.</summary>
internal sealed class OpenDecision
{
    private readonly ReplicaDecision _decision;
    private readonly long _generation;
    private readonly Instant _at;
    private readonly Instant _due;
    private readonly Instant _horizon;
    private readonly long _missedBefore;
    private Instant _lookedAt;
    private double _loadSlotSeconds;
    private double? _realisedSlots;
    private double _peakSlots;
    private double? _firstUseSeconds;
    private double _earlyReplicaSeconds;
    private double _wastedReplicaSeconds;
    private int _used;
    private int _failed;
    private int _endedUnused;
    private int _startedAgain;
    private long _missed;

    /// <summary>Notes a decision that was just carried out.</summary>
    public OpenDecision(ClusterSnapshot snapshot, StageState stage, long generation, ReplicaDecision decision)
    {
        (_decision, _generation, _at) = (decision, generation, snapshot.Now);
        (_lookedAt, _loadSlotSeconds, _missedBefore) = (_at, stage.LoadSlotSeconds(_at), stage.WaitsMissed);
        var restart = _at + TimeSpan.FromSeconds(stage.StartUpSeconds);
        _due = decision.Reason.DueAt is { } due && due > _at ? due : restart;
        _horizon = decision.Drains.Length > 0 ? restart : _due;
    }

    /// <summary>Number of the stage.</summary>
    public int Stage => _decision.Stage;

    /// <summary>True where it gave replicas up whose return is watched for.</summary>
    public bool AwaitsRestart(Instant now) => _decision.Drains.Length > 0 && now <= _horizon;

    /// <summary>True when everything is known: the time it was decided for has passed, and what it started was used or is gone.</summary>
    public bool IsKnown(Instant now) =>
        _realisedSlots is not null && now >= _horizon && _used + _failed + _endedUnused >= _decision.Starts.Length;

    /// <summary>True when it has waited so long for a use that none is waited for any longer.</summary>
    public bool IsStale(Instant now, TimeSpan patience) => now - _horizon > patience;

    /// <summary>Looks at the demand since it last did.</summary>
    public void Look(StageState stage, Instant now)
    {
        if (now <= _lookedAt) return;
        var load = stage.LoadSlotSeconds(now);
        var slots = Math.Max(0, (load - _loadSlotSeconds) / (now - _lookedAt).TotalSeconds);
        (_lookedAt, _loadSlotSeconds) = (now, load);
        if (!IsPast(now)) (_peakSlots, _missed) = (Math.Max(_peakSlots, slots), stage.WaitsMissed - _missedBefore);
        if (now > _due) _realisedSlots ??= slots;
    }

    /// <summary>Replicas that it gave up and that another decision started again; returns how many of the offered ones it takes for its own.</summary>
    public int StartAgain(int offered)
    {
        var taken = Math.Min(offered, _decision.Drains.Length - _startedAgain);
        _startedAgain += taken;
        return taken;
    }

    /// <summary>A replica it started has its first task.</summary>
    public void Use(Instant readyAt, Instant now)
    {
        _used++;
        _firstUseSeconds ??= (now - _at).TotalSeconds;
        if (readyAt < now) _earlyReplicaSeconds += (now - readyAt).TotalSeconds;
    }

    /// <summary>A replica it started is gone without a task.</summary>
    public void EndUnused(AttemptCause cause, Instant now)
    {
        // Stopped as asked is one thing; one that broke says nothing of the decision.
        if (cause is AttemptCause.Succeeded or AttemptCause.Cancelled or AttemptCause.Preempted) _endedUnused++;
        else _failed++;
        _wastedReplicaSeconds += (now - _at).TotalSeconds;
    }

    /// <summary>Tells what is known.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="now">The present.</param>
    /// <param name="gaveUp">True where what is unused now is given up, as when the engine ends.</param>
    public ReplicaOutcome Settle(StageState stage, Instant now, bool gaveUp)
    {
        var idle = _decision.Starts.Length - _used - _failed - _endedUnused;
        return new ReplicaOutcome(now, _decision.StageName)
        {
            Generation = _generation,
            At = _at,
            Verdict = gaveUp && !IsPast(now) && (idle > 0 || _decision.Drains.Length > 0) ? Verdict.Unknown : VerdictNow(),
            DueAt = _due,
            RealisedSlots = Rounded(_realisedSlots),
            PeakSlots = Math.Round(_peakSlots, 2),
            PeakReplicas = (int)Math.Ceiling((_peakSlots / stage.Spec.SlotsPerReplica) - 1e-3),
            WaitsMissed = _missed,
            Started = _decision.Starts.Length,
            Used = _used,
            Failed = _failed,
            FirstUseSeconds = Rounded(_firstUseSeconds),
            EarlyReplicaSeconds = Math.Round(_earlyReplicaSeconds, 2),
            WastedReplicaSeconds = Math.Round(_wastedReplicaSeconds + (idle * (now - _at).TotalSeconds), 2),
            GivenUp = _decision.Drains.Length,
            StartedAgain = _startedAgain,
        };
    }

    private bool IsPast(Instant now) => _realisedSlots is not null && now >= _horizon;

    private Verdict VerdictNow()
    {
        if (_decision.Drains.Length > 0) return _startedAgain == 0 ? Verdict.Hit : _startedAgain < _decision.Drains.Length ? Verdict.Partial : Verdict.Waste;
        var sound = _decision.Starts.Length - _failed;
        return sound == 0 ? Verdict.Lost : _used >= sound ? Verdict.Hit : _used > 0 ? Verdict.Partial : Verdict.Waste;
    }

    private static double? Rounded(double? value) => value is { } v ? Math.Round(v, 2) : null;
}
