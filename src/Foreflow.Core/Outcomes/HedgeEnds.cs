using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Outcomes;

/// <summary>Watches which of two attempts of a task is done first. Holds no more than run.</summary>
internal sealed class HedgeEnds
{
    private readonly SortedDictionary<long, Pair> _open = [];

    /// <summary>Pairs of which neither has succeeded.</summary>
    public int Open => _open.Count;

    /// <summary>Second attempts were started.</summary>
    public void Started(ClusterSnapshot snapshot, long generation, ImmutableArray<Hedge> hedges)
    {
        foreach (var hedge in hedges)
        {
            var first = snapshot.Task(hedge.Hedged)!;
            _open[hedge.Hedged] = new Pair(hedge, first.Stage, first.Node, generation, snapshot.Now);
        }
    }

    /// <summary>An attempt ended: that of a ticket, or the one beside it, whose ticket has the other sign.</summary>
    public void Ended(ClusterSnapshot snapshot, AttemptEnded happened, ICollection<Outcome> settled)
    {
        var hedged = Math.Abs(happened.Ticket);
        if (_open.Count == 0 || !_open.TryGetValue(hedged, out var pair)) return;
        var isSecond = happened.Ticket < 0;
        if (happened.Cause == AttemptCause.Succeeded) Settle(snapshot, pair, isSecond ? Verdict.Hit : Verdict.Waste, settled);
        else if (snapshot.Task(-happened.Ticket) is null) Settle(snapshot, pair, Verdict.Lost, settled);
    }

    /// <summary>The journal ends.</summary>
    public void Close(ClusterSnapshot snapshot, ICollection<Outcome> settled)
    {
        foreach (var pair in _open.Values.ToArray()) Settle(snapshot, pair, Verdict.Unknown, settled);
    }

    private void Settle(ClusterSnapshot snapshot, Pair pair, Verdict verdict, ICollection<Outcome> settled)
    {
        _open.Remove(pair.Hedge.Hedged);
        settled.Add(new HedgeOutcome(snapshot.Now, snapshot.Stages[pair.Stage].Id.ToString())
        {
            Generation = pair.Generation,
            At = pair.At,
            Reason = pair.Hedge.Reason,
            HedgedNode = snapshot.Nodes[pair.HedgedNode].Id.Value,
            Node = snapshot.Nodes[pair.Hedge.Work.Node].Id.Value,
            Verdict = verdict,
            Seconds = (snapshot.Now - pair.At).TotalSeconds,
        });
    }

    private sealed record Pair(Hedge Hedge, int Stage, int HedgedNode, long Generation, Instant At);
}
