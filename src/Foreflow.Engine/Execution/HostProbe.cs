using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution.Groups;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution;

/// <summary>Finds out what a host can do by doing it once.</summary>
internal static class HostProbe
{
    private const long Memory = 256 * 1024 * 1024;

    /// <summary>Runs one small process under every kind of limit, and reports what came of it.</summary>
    internal static async Task<HostCapabilities> TryAsync(NodeRunner runner, string folder)
    {
        var outcome = await runner.Start(new()
        {
            Attempt = new(new(new("probe"), "probe", 0), 1),
            Command = new StageCommand.Script("i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done"),
            WorkingFolder = folder,
            AttemptFolder = Path.Combine(folder, "probe"),
            Limits = new(Memory, 1, 100),
        }).Completion.ConfigureAwait(false);
        var host = runner.Host;
        return new([
            Starting(outcome, host),
            Limit("memory limit", "memory", outcome, host),
            Limit("cpu limit", "cpu", outcome, host),
            Limit("process limit", "pids", outcome, host),
            .. Figures(outcome, host),
            .. Control(host),
            Pressure(runner),
        ]);
    }

    private static HostCapability Starting(AttemptOutcome outcome, ProcessHost host) => outcome.Cause == AttemptCause.Succeeded
        ? host.Groups is null
            ? new("processes", CapabilityState.Approximate, $"start, without a control group of their own: {host.WhyNoGroups}")
            : new("processes", CapabilityState.Enforced, "start inside a control group of their own")
        : new("processes", CapabilityState.Missing, $"a test process failed: {outcome.Detail} {outcome.ErrorTail}".Trim());

    private static HostCapability Limit(string name, string controller, AttemptOutcome outcome, ProcessHost host)
    {
        var missing = outcome.UnenforcedLimits.FirstOrDefault(text => text.StartsWith($"{controller} limit:", StringComparison.Ordinal));
        return missing is null
            ? new(name, CapabilityState.Enforced, $"by the {controller} controller at {host.Groups?.Where(controller)}")
            : new(name, CapabilityState.Missing, missing[(missing.IndexOf(':', StringComparison.Ordinal) + 2)..]);
    }

    private static IEnumerable<HostCapability> Figures(AttemptOutcome outcome, ProcessHost host)
    {
        var usage = outcome.Usage;
        var groups = host.Groups;
        yield return Figure("cpu time", usage?.CpuSeconds is not null, groups is { HasUnified: true } ? "cpu.stat" : groups?.Where("cpuacct") is not null ? "cpuacct.usage" : null, "of children nobody waited for, only what samples saw");
        yield return Figure("memory peak", groups?.Where("memory") is not null || usage?.MemoryPeakBytes is not null, groups?.Where("memory") is { } memory ? $"the memory controller at {memory}" : null, "the highest of the samples, so short peaks are missed");
        yield return Figure("disk traffic", usage?.DiskWriteBytes is not null, groups?.Where("io") is { } io ? $"the I/O controller at {io} and /proc/PID/io" : null, "from /proc/PID/io: of children nobody waited for, only what samples saw");
        yield return groups is { CountsNetwork: true }
            ? new("network traffic", CapabilityState.Measured, "by a counter in the kernel (eBPF) on each group")
            : new("network traffic", CapabilityState.Missing, groups?.NetworkWhyNot ?? host.WhyNoGroups);
        yield return groups?.Where("memory") is not null
            ? new("out-of-memory cause", CapabilityState.Measured, "by the kernel's count of kills in the group")
            : new("out-of-memory cause", CapabilityState.Missing, "told as ended by signal 9: without the memory controller nobody counts kills by group");
    }

    private static HostCapability Figure(string name, bool known, string? exactly, string misses) =>
        !known ? new(name, CapabilityState.Missing, "the test process showed none; /proc may be hidden from us")
        : exactly is not null ? new(name, CapabilityState.Measured, $"by {exactly}")
        : new(name, CapabilityState.Approximate, misses);

    private static IEnumerable<HostCapability> Control(ProcessHost host)
    {
        yield return host.Groups is not null
            ? new("ending a stage whole", CapabilityState.Enforced, "by killing its control group")
            : new("ending a stage whole", CapabilityState.Approximate, "by its process tree, session and mark; a process that hides from all three escapes");
        yield return host.Groups is { } groups && (groups.HasUnified || groups.Where("freezer") is not null)
            ? new("freezing", CapabilityState.Enforced, groups.HasUnified ? "by cgroup.freeze" : "by the freezer controller")
            : new("freezing", CapabilityState.Approximate, "by SIGSTOP, which a stage's own SIGCONT undoes");
        yield return new("notice of an end", CapabilityState.Measured, ChildProcess.HasPidFd ? "at once, by pidfd" : "at once, by a waiting thread each");
        yield return new("leftovers of a crash", host.Groups is null ? CapabilityState.Approximate : CapabilityState.Enforced,
            host.Groups is null ? $"found by the variable {ProcessMarks.Variable}" : "found by their control groups");
    }

    private static HostCapability Pressure(NodeRunner runner)
    {
        var file = runner.Options.MemoryPressureFile;
        using var reader = NodeUsageReader.ForThisMachine(file);
        return reader.Read(runner.Host.Now, 0, 0).MemoryPressure is { } percent
            ? new("memory pressure", CapabilityState.Measured, string.Create(CultureInfo.InvariantCulture, $"{percent:0.##} % by {file}; batch attempts are frozen before memory runs out"))
            : new("memory pressure", CapabilityState.Missing, $"{file} tells nothing: NOTHING IS FROZEN BEFORE MEMORY RUNS OUT. Boot with psi=1, or name another file that has it");
    }
}
