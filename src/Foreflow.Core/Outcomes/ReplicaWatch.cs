using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Outcomes;

/// <summary>
/// Watches what becomes of changes in replicas. Bounded: a decision leaves when its outcome is known, at the latest a day
/// after the time it was for, and the oldest leaves when there are too many.
/// </summary>
internal sealed class ReplicaWatch
{
    private const int MostOpen = 4096;

    /// <summary>A replica that nobody has used for this long is a waste, whatever still comes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    private readonly List<OpenDecision> _open = [];
    private readonly Dictionary<long, OpenDecision> _unused = [];

    /// <summary>Decisions whose outcome is not known yet.</summary>
    public int Open => _open.Count;

    /// <summary>Changes in replicas were carried out.</summary>
    public void Decided(ClusterSnapshot snapshot, long generation, ImmutableArray<ReplicaDecision> decisions, ICollection<Outcome> settled)
    {
        foreach (var decision in decisions)
        {
            if (decision.Starts.Length > 0) NoteStartedAgain(decision, snapshot.Now);
            var open = new OpenDecision(snapshot, snapshot.Stages[decision.Stage], generation, decision);
            _open.Add(open);
            foreach (var start in decision.Starts) _unused[start.Replica] = open;
        }

        if (_open.Count > MostOpen) SettleOldest(snapshot, settled);
    }

    /// <summary>Tasks were handed out, some of them a second time.</summary>
    public void Placed(ClusterSnapshot snapshot, ImmutableArray<Assignment> work, ImmutableArray<Hedge> hedges)
    {
        if (_unused.Count == 0) return;
        foreach (var assignment in work) Use(snapshot, assignment.Replica);
        foreach (var hedge in hedges) Use(snapshot, hedge.Work.Replica);
    }

    /// <summary>A replica is gone.</summary>
    public void Ended(ReplicaEnded happened, Instant now)
    {
        if (_unused.Remove(happened.Replica, out var open)) open.EndUnused(happened.Cause, now);
    }

    /// <summary>A control cycle: looks at the demand there was, and settles what is known.</summary>
    public void Look(ClusterSnapshot snapshot, ICollection<Outcome> settled)
    {
        var now = snapshot.Now;
        var kept = 0;
        for (var i = 0; i < _open.Count; i++)
        {
            var open = _open[i];
            var stage = snapshot.Stages[open.Stage];
            open.Look(stage, now);
            if (open.IsKnown(now) || open.IsStale(now, Patience)) settled.Add(open.Settle(stage, now, gaveUp: false));
            else _open[kept++] = open;
        }

        if (kept == _open.Count) return;
        _open.RemoveRange(kept, _open.Count - kept);
        ForgetSettled();
    }

    /// <summary>The journal ends: what is open is settled with what is known.</summary>
    public void Close(ClusterSnapshot snapshot, ICollection<Outcome> settled)
    {
        foreach (var open in _open)
        {
            var stage = snapshot.Stages[open.Stage];
            open.Look(stage, snapshot.Now);
            settled.Add(open.Settle(stage, snapshot.Now, gaveUp: true));
        }

        _open.Clear();
        _unused.Clear();
    }

    private void Use(ClusterSnapshot snapshot, long replica)
    {
        if (replica >= 0 && _unused.Remove(replica, out var open)) open.Use(snapshot.Replica(replica)?.ReadyAt ?? snapshot.Now, snapshot.Now);
    }

    /// <summary>Replicas that start soon after others were given up make good for those, the newest first.</summary>
    private void NoteStartedAgain(ReplicaDecision decision, Instant now)
    {
        var left = decision.Starts.Length;
        for (var i = _open.Count - 1; i >= 0 && left > 0; i--)
            if (_open[i].Stage == decision.Stage && _open[i].AwaitsRestart(now)) left -= _open[i].StartAgain(left);
    }

    private void SettleOldest(ClusterSnapshot snapshot, ICollection<Outcome> settled)
    {
        var surplus = _open.Count - MostOpen;
        for (var i = 0; i < surplus; i++) settled.Add(_open[i].Settle(snapshot.Stages[_open[i].Stage], snapshot.Now, gaveUp: true));
        _open.RemoveRange(0, surplus);
        ForgetSettled();
    }

    private void ForgetSettled()
    {
        if (_unused.Count == 0) return;
        var open = _open.ToHashSet();
        foreach (var (replica, decision) in _unused)
            if (!open.Contains(decision)) _unused.Remove(replica);
    }
}
