namespace Foreflow.Core.Profiling.Sizing;

/// <summary>A way to see what a task may need from what finished ones took.</summary>
internal interface IMemoryEstimator
{
    /// <summary>Short name, shown to people.</summary>
    string Name { get; }

    /// <summary>What the task may need; null where this way has nothing to say.</summary>
    MemoryOutlook? Look(SizingHistory history, in SizingRequest request);
}

/// <summary>The next task is like any of the remembered ones, or of the latest of them.</summary>
internal sealed class PercentileEstimator(string name, int tasks) : IMemoryEstimator
{
    public string Name => name;

    public MemoryOutlook? Look(SizingHistory history, in SizingRequest request)
    {
        if (history.Count == 0) return null;
        var outlook = new MemoryOutlook();
        for (var i = Math.Max(0, history.Count - tasks); i < history.Count; i++)
        {
            outlook.Add(history[i].MemoryBytes, history[i].Seconds, 1);
        }

        return outlook;
    }
}
