using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution.Groups;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>What every process of this node shares: the thread that watches, the place for groups, the clock.</summary>
internal sealed class ProcessHost : IDisposable
{
    private static long hosts;
    private readonly Lock totals = new();

    /// <summary>Limits that were told not to be enforced: each is told once, when the first process starts without it.</summary>
    private readonly ConcurrentDictionary<string, byte> toldLimits = new(StringComparer.Ordinal);
    private long lastGroup;
    private double endedCpuSeconds;

    internal ProcessHost(string owner, string? engine, GroupingKind grouping, TimeProvider time, Action<string> report)
    {
        (Owner, Time, Report) = (owner, time, report);
        Table = new ProcessTable(TimeProvider.System);
        Loop = new DescriptorLoop(report);
        WhyNoGroups = "the settings ask for none";
        if (grouping != GroupingKind.ProcessTree)
        {
            var mounts = CgroupMounts.Discover();
            if (grouping == GroupingKind.OlderHierarchies) mounts = mounts with { Unified = null };
            Groups = ControlGroupRoot.TryOpen(mounts, owner, out var whyNot);
            WhyNoGroups = whyNot;
        }

        // Names of groups differ between starts: one that could not be ended yet is not met again.
        Engine = engine ?? string.Create(CultureInfo.InvariantCulture, $"process-{Environment.ProcessId}-{Interlocked.Increment(ref hosts)}");
    }

    /// <summary>Names the data folder whose processes these are.</summary>
    internal string Owner { get; }

    /// <summary>Names the engine process of that folder: several may share one.</summary>
    internal string Engine { get; }

    internal TimeProvider Time { get; }

    internal DescriptorLoop Loop { get; }

    internal ProcessTable Table { get; }

    /// <summary>Where groups are made; null where none can be.</summary>
    internal ControlGroupRoot? Groups { get; }

    /// <summary>Why no groups can be made.</summary>
    internal string WhyNoGroups { get; }

    /// <summary>Tells the operator of something that is wrong but ends no attempt.</summary>
    internal Action<string> Report { get; }

    /// <summary>Processor time of the processes that have ended, in core-seconds.</summary>
    internal double EndedCpuSeconds
    {
        get
        {
            lock (totals) return endedCpuSeconds;
        }
    }

    internal Instant Now => Instant.From(Time.GetUtcNow());

    /// <summary>Makes a group; where the kernel refuses one, the attempt still runs, and its limits are told as not enforced.</summary>
    /// <returns>The group, and the mark its processes carry in their environment.</returns>
    internal (IProcessGroup Group, string Mark) CreateGroup(string label, ProcessLimits limits)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Engine}{Leftovers.EndOfEngine}{Interlocked.Increment(ref lastGroup)}-{Plain(label)}");
        var mark = $"{Owner}/{name}";
        var group = CreateGroup(label, name, mark, limits);
        foreach (var limit in group.UnenforcedLimits)
            if (toldLimits.TryAdd(limit, 0)) Report($"not enforced on this node: {limit} ('foreflow doctor' says more)");
        return (group, mark);
    }

    /// <summary>Keeps count of what an ended process had used.</summary>
    internal void AddEnded(double cpuSeconds)
    {
        lock (totals) endedCpuSeconds += cpuSeconds;
    }

    public void Dispose()
    {
        Loop.Dispose();
        Groups?.Dispose();
    }

    private IProcessGroup CreateGroup(string label, string name, string mark, ProcessLimits limits)
    {
        if (Groups is null) return new ProcessTreeGroup(mark, limits, WhyNoGroups, Table);
        try
        {
            return Groups.Create(name, limits, Table);
        }
        catch (IOException e)
        {
            Report($"{label}: {e.Message}");
            return new ProcessTreeGroup(mark, limits, e.Message, Table);
        }
    }

    /// <summary>A label as part of a folder name: letters, digits, dot, dash, underscore; at most 40.</summary>
    private static string Plain(string label)
    {
        var plain = new StringBuilder(40);
        foreach (var c in label)
        {
            if (plain.Length == 40) break;
            plain.Append(char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_');
        }

        return plain.ToString();
    }
}
