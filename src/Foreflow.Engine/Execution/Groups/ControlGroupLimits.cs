using System.Globalization;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>Writes limits into a group's control files, and says which could not be.</summary>
internal static class ControlGroupLimits
{
    private const int PeriodMicroseconds = 100_000;

    /// <summary>Sets every limit asked for; returns those nothing enforces, each with the reason.</summary>
    internal static List<string> Apply(ProcessLimits limits, ControlGroupFolders folders, UnifiedControllers controllers)
    {
        var missing = new List<string>();
        if (limits.MemoryBytes is { } memory)
        {
            var text = memory.ToString(CultureInfo.InvariantCulture);
            Set("memory", "memory.max", text, "memory.limit_in_bytes", text);
            // No swap on top, where swap is counted at all; and a group dies whole, for half a stage is no use.
            TrySet("memory", "memory.swap.max", "0", "memory.memsw.limit_in_bytes", text);
            TrySet("memory", "memory.oom.group", "1", null, "");
        }

        if (limits.CpuCores is { } cores)
        {
            var quota = Math.Max(1000, (long)Math.Round(cores * PeriodMicroseconds));
            Set("cpu", "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota} {PeriodMicroseconds}"), "cpu.cfs_quota_us", quota.ToString(CultureInfo.InvariantCulture));
        }

        if (limits.MaxProcesses is { } processes)
        {
            var text = processes.ToString(CultureInfo.InvariantCulture);
            Set("pids", "pids.max", text, "pids.max", text);
        }

        return missing;

        void Set(string controller, string unifiedFile, string unifiedText, string olderFile, string olderText)
        {
            if (TrySet(controller, unifiedFile, unifiedText, olderFile, olderText) is { } reason) missing.Add($"{controller} limit: {reason}");
        }

        string? TrySet(string controller, string unifiedFile, string unifiedText, string? olderFile, string olderText)
        {
            var (file, text) = controllers.Enabled.Contains(controller) && folders["unified"] is { } unified
                ? (Path.Combine(unified, unifiedFile), unifiedText)
                : folders[controller] is { } older && olderFile is not null ? (Path.Combine(older, olderFile), olderText) : (null, "");
            if (file is null) return controllers.WhyNot.GetValueOrDefault(controller, $"this host has no {controller} controller for us");
            var error = SystemCalls.WriteControl(file, text);
            return error == 0 ? null : $"cannot write {file}: {SystemCalls.Describe(error)}";
        }
    }
}
