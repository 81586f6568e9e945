namespace Foreflow.Simulator.Policies;

/// <summary>The tasks of one stage, all known, and what its replicas are bound by. Times are in ticks.</summary>
/// <param name="Ready">When each task may start, not descending.</param>
/// <param name="Takes">How long each runs.</param>
/// <param name="MaxWait">How long a task may wait.</param>
/// <param name="StartUp">How long a replica starts up: what a start costs, in replica-time.</param>
/// <param name="Least">Replicas that are always there.</param>
/// <param name="Most">Replicas there may be, at least 1.</param>
/// <param name="Slots">Tasks that a replica takes at once.</param>
internal sealed record StageTasks(long[] Ready, long[] Takes, long MaxWait, long StartUp, int Least, int Most, int Slots)
{
    /// <summary>
    /// Replicas that are of any use in each step: as many as all tasks would hold that may run by then or before a replica
    /// that is stopped could be there again. To keep one longer costs no less than to start it anew.
    /// </summary>
    public int[] MostUseful(long step)
    {
        var change = new int[(int)((Ready[^1] - Ready[0]) / step) + 2];
        for (var i = 0; i < Ready.Length; i++)
        {
            change[(int)((Ready[i] - Ready[0]) / step)]++;
            // A task that waits as long as it may holds its slot that much later: nothing feasible holds more at once.
            var after = ((Ready[i] + Takes[i] + MaxWait - Ready[0]) / step) + 1;
            if (after < change.Length) change[(int)after]--;
        }

        var held = new int[change.Length - 1];
        for (var at = 0; at < held.Length; at++) held[at] = change[at] + (at > 0 ? held[at - 1] : 0);
        return SlidingMost(held, (int)Math.Min(held.Length, (StartUp / step) + 2));
    }

    private int[] SlidingMost(int[] held, int window)
    {
        var most = new int[held.Length];
        var highest = new LinkedList<int>();
        for (var at = held.Length - 1; at >= 0; at--)
        {
            while (highest.First is { } first && held[first.Value] <= held[at]) highest.RemoveFirst();
            highest.AddFirst(at);
            while (highest.Last!.Value >= at + window) highest.RemoveLast();
            most[at] = Math.Max(Least, Math.Min(Most, (held[highest.Last.Value] + Slots - 1) / Slots));
        }

        return most;
    }
}
