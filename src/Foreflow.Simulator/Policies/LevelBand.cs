namespace Foreflow.Simulator.Policies;

/// <summary>A number of replicas and when each of their slots will be free.</summary>
/// <param name="Cost">What led to it has cost.</param>
/// <param name="Came">Number of the state it came from, by which the path is found again.</param>
/// <param name="Free">When each slot is free, ascending; of an idle one the edge of the step.</param>
internal sealed record LevelState(double Cost, int Came, long[] Free)
{
    /// <summary>Sum of the times at which slots are free: how much is piled up.</summary>
    public long Load { get; } = Free.Sum();

    /// <summary>True when it costs no more and has no slot free later than another state of its level.</summary>
    public bool Dominates(LevelState other)
    {
        if (Cost > other.Cost) return false;
        for (var i = 0; i < Free.Length; i++)
            if (Free[i] > other.Free[i]) return false;
        return true;
    }
}

/// <summary>The states worth keeping of one step, by level.</summary>
internal sealed class LevelBand(int least, int most, int width)
{
    private readonly List<LevelState>?[] _levels = new List<LevelState>?[most - least + 1];

    /// <summary>The lowest level there may be.</summary>
    public int Least => least;

    /// <summary>The highest one.</summary>
    public int Most => most;

    /// <summary>True when a state was dropped that no other dominates.</summary>
    public bool HasDropped { get; set; }

    /// <summary>The states of a level, the cheapest first.</summary>
    public IReadOnlyList<LevelState> At(int level) => _levels[level - least] ?? (IReadOnlyList<LevelState>)[];

    /// <summary>Forgets a state.</summary>
    public void Remove(int level, LevelState state) => _levels[level - least]!.Remove(state);

    /// <summary>
    /// Takes a state in, unless another one dominates it. The dearest goes where there are too many, but never the one with
    /// the least piled up: what is cheap because it has let work pile up may have to let tasks wait too long later.
    /// </summary>
    public void Offer(int level, LevelState state)
    {
        var there = _levels[level - least] ??= new List<LevelState>(width + 1);
        foreach (var other in there)
            if (other.Dominates(state)) return;
        there.RemoveAll(state.Dominates);
        var at = there.Count;
        while (at > 0 && there[at - 1].Cost > state.Cost) at--;
        there.Insert(at, state);
        if (there.Count <= width) return;
        var goes = width;
        if (width > 1 && there.TrueForAll(s => s.Load >= there[width].Load)) goes--;
        there.RemoveAt(goes);
        HasDropped = true;
    }
}
