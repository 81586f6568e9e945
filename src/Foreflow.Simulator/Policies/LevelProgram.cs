namespace Foreflow.Simulator.Policies;

/// <summary>When tasks start, as <see cref="LevelProgram"/> found it.</summary>
/// <param name="Starts">Start of each task, in ticks.</param>
/// <param name="Cost">Replica-ticks from step to step, start-ups included.</param>
/// <param name="IsExact">True when no state was dropped but those that others dominate: no levels on these steps cost less.</param>
internal sealed record LevelPlan(long[] Starts, double Cost, bool IsExact);

/// <summary>
/// The cheapest levels of replicas over time with which no task waits too long, by dynamic programming over (step, level).
/// Within a level a state is when each slot will be free: a task goes, when it is ready, to the slot that is free first.
/// Such a queue is monotone (Kiefer and Wolfowitz 1955): slots that are free earlier make no task start later, so a state
/// that costs no less than another one and has no slot free earlier is dropped without loss. Replicas come at the edge of a
/// step, and go there when they are idle. A start costs its start-up, a replica its time, and a task that waits too long
/// more than any levels could: that is left only where the most replicas that may be are too few.
/// </summary>
/// <param name="width">States kept of a step and level, the cheapest ones: with enough of them the answer is exact.</param>
internal sealed class LevelProgram(int width = 3)
{
    // What bounds memory, and time. Steps are made wider where there would be more.
    private const double MostStates = 6e6;
    private const double MostSlots = 2e9;

    private const double Violation = 1e18;

    private readonly List<(int Came, ushort Level)> _states = [];

    /// <summary>Finds the cheapest levels and what starts when under them.</summary>
    /// <param name="tasks">At least one task.</param>
    /// <param name="step">Width of a step in ticks, doubled until the bounds are kept.</param>
    /// <param name="cancel">Stops it.</param>
    public LevelPlan Solve(StageTasks tasks, long step, CancellationToken cancel = default)
    {
        while ((tasks.Ready[^1] - tasks.Ready[0]) / step > MostStates / 4) step *= 2;
        var most = tasks.MostUseful(step);
        while (most.Sum(m => m + 1.0) * Math.Min(width, 8) > MostStates || most.Sum(m => m * (m + 1.0)) * tasks.Slots * Math.Min(width, 8) > MostSlots)
            most = tasks.MostUseful(step *= 2);

        _states.Clear();
        var band = new LevelBand(tasks.Least, most.Max(), width);
        band.Offer(tasks.Least, new LevelState(0, -1, FreeAt(tasks.Ready[0], tasks.Least * tasks.Slots)));
        var next = 0;
        for (var at = 0; at < most.Length; at++)
        {
            if ((at & 0xFFF) == 0) cancel.ThrowIfCancellationRequested();
            var edge = tasks.Ready[0] + (at * step);
            Change(band, tasks, edge, most[at]);
            var until = next;
            while (until < tasks.Ready.Length && tasks.Ready[until] < edge + step) until++;
            band = Served(band, tasks, next, until, edge + step, step);
            next = until;
        }

        return Best(band, tasks, step, most.Length);
    }

    private static long[] FreeAt(long ticks, int slots)
    {
        var free = new long[slots];
        Array.Fill(free, ticks);
        return free;
    }

    /// <summary>Idle replicas go, others come.</summary>
    private static void Change(LevelBand band, StageTasks tasks, long edge, int most)
    {
        for (var level = band.Most; level > band.Least; level--)
        {
            foreach (var state in band.At(level).ToArray())
            {
                if (state.Free[tasks.Slots - 1] > edge) continue;
                band.Offer(level - 1, new LevelState(state.Cost, state.Came, state.Free[tasks.Slots..]));
                if (level > most) band.Remove(level, state);
            }
        }

        for (var level = band.Least; level < most; level++)
        {
            foreach (var state in band.At(level))
                band.Offer(level + 1, new LevelState(state.Cost + tasks.StartUp, state.Came, [.. FreeAt(edge, tasks.Slots), .. state.Free]));
        }
    }

    /// <summary>The tasks of a step are served in every state.</summary>
    private LevelBand Served(LevelBand band, StageTasks tasks, int first, int until, long edge, long step)
    {
        var served = new LevelBand(band.Least, band.Most, width) { HasDropped = band.HasDropped };
        for (var level = band.Least; level <= band.Most; level++)
        {
            if (level == 0 && until > first) continue;
            foreach (var state in band.At(level))
            {
                var cost = state.Cost + ((double)level * step);
                var free = (long[])state.Free.Clone();
                for (var task = first; task < until; task++)
                    if (Serve(free, tasks.Ready[task], tasks.Takes[task]) - tasks.Ready[task] > tasks.MaxWait) cost += Violation;
                for (var i = 0; i < free.Length && free[i] < edge; i++) free[i] = edge;
                served.Offer(level, new LevelState(cost, _states.Count, free));
                _states.Add((state.Came, (ushort)level));
            }
        }

        return served;
    }

    /// <summary>Gives a task to the slot that is free first; when it starts there.</summary>
    private static long Serve(long[] free, long ready, long takes)
    {
        var start = Math.Max(ready, free[0]);
        var end = start + takes;
        var at = 1;
        for (; at < free.Length && free[at] < end; at++) free[at - 1] = free[at];
        free[at - 1] = end;
        return start;
    }

    private LevelPlan Best(LevelBand band, StageTasks tasks, long step, int steps)
    {
        var end = tasks.Ready[0] + (steps * step);
        var (best, least) = (-1, double.PositiveInfinity);
        for (var level = band.Least; level <= band.Most; level++)
        {
            foreach (var state in band.At(level))
            {
                var cost = state.Cost + (state.Free.Sum(f => (double)(f - end)) / tasks.Slots);
                if (cost < least) (best, least) = (state.Came, cost);
            }
        }

        var levels = new int[steps];
        for (var at = steps - 1; at >= 0; at--) (best, levels[at]) = _states[best];
        return new LevelPlan(Replay(tasks, step, levels), least, !band.HasDropped);
    }

    private static long[] Replay(StageTasks tasks, long step, int[] levels)
    {
        var starts = new long[tasks.Ready.Length];
        var free = FreeAt(tasks.Ready[0], tasks.Least * tasks.Slots);
        var task = 0;
        for (var at = 0; at < levels.Length; at++)
        {
            var edge = tasks.Ready[0] + (at * step);
            var change = (levels[at] * tasks.Slots) - free.Length;
            if (change < 0) free = free[-change..];
            else if (change > 0) free = [.. FreeAt(edge, change), .. free];
            for (; task < tasks.Ready.Length && tasks.Ready[task] < edge + step; task++) starts[task] = Serve(free, tasks.Ready[task], tasks.Takes[task]);
            for (var i = 0; i < free.Length && free[i] < edge + step; i++) free[i] = edge + step;
        }

        return starts;
    }
}
