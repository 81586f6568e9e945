using System.Collections.Concurrent;
using Foreflow.Core.Model;
using Foreflow.Engine.Pools;

namespace Foreflow.Engine.Nodes;

/// <summary>
/// The highest use of each resource by the attempts that run here, told to the pool when it has grown by more than a
/// bucket of a profile's histogram: an attempt that holds what it had costs no message.
/// </summary>
internal sealed class RunningPeaks
{
    /// <summary>Growth worth telling: the width of a histogram's bucket.</summary>
    private const double WorthTelling = 1.05;

    private readonly ConcurrentDictionary<AttemptId, Entry> _running = new();

    public void Begin(AttemptId attempt, long ticket) => _running[attempt] = new Entry(ticket, Resources.Zero, Resources.Zero);

    public void End(AttemptId attempt) => _running.TryRemove(attempt, out _);

    /// <summary>Takes in the highest use of an attempt so far; one that is over is left alone.</summary>
    public void Note(AttemptId attempt, in Resources peak)
    {
        if (_running.TryGetValue(attempt, out var known)) _running.TryUpdate(attempt, known with { Peak = Resources.Max(known.Peak, peak) }, known);
    }

    /// <summary>What has grown since it was last taken.</summary>
    public IReadOnlyList<AttemptPeak> Take()
    {
        var grown = new List<AttemptPeak>();
        foreach (var (attempt, entry) in _running)
        {
            if (entry.Peak.FitsWithin(entry.Told.ScaledUp(WorthTelling))) continue;
            if (_running.TryUpdate(attempt, entry with { Told = entry.Peak }, entry)) grown.Add(new AttemptPeak(entry.Ticket, entry.Peak));
        }

        return grown;
    }

    private readonly record struct Entry(long Ticket, Resources Peak, Resources Told);
}
