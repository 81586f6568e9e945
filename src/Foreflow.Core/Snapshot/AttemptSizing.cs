using Foreflow.Core.Model;
using Foreflow.Core.Profiling.Sizing;

namespace Foreflow.Core.Snapshot;

/// <summary>What the next attempt of a task asks of a node: the file's word where it is fixed, else what was measured, else the file's word as a prior.</summary>
internal static class AttemptSizing
{
    /// <summary>Attempts after which what was measured is a limit and not only a plan.</summary>
    public const int TrustedAttempts = 5;

    /// <summary>No process is granted less: a shell and its pages take a few megabytes whatever the stage does.</summary>
    private const long LeastMemoryBytes = 32L << 20;

    public static Resources RequestOf(StageState stage, TasksReady ready, Resources largestNode) =>
        RequestOf(stage, ready.InputBytes, ready, largestNode);

    /// <summary>What the first attempt of a task asks for by what is known now.</summary>
    public static Resources RequestOf(StageState stage, long? inputBytes, Resources largestNode) => RequestOf(stage, inputBytes, null, largestNode);

    private static Resources RequestOf(StageState stage, long? inputBytes, TasksReady? ready, Resources largestNode)
    {
        var spec = stage.Spec;
        if (spec.ResourcesFixed) return spec.Request;
        var cap = largestNode.MemoryBytes > 0 ? largestNode.MemoryBytes : spec.Request.MemoryBytes;
        var cpuCap = largestNode.CpuMillicores > 0 ? largestNode.CpuMillicores : spec.Request.CpuMillicores;
        // What was measured takes at most half the largest node, which is what use by others always leaves: an attempt of a few
        // milliseconds looks like more than a core, and asking for that it would wait for as long as the machine is busy.
        return spec.Request with
        {
            MemoryBytes = Math.Min(cap, Math.Max(LeastMemoryBytes, MemoryOf(stage, inputBytes, ready, cap))),
            CpuMillicores = CpuSizing.Millicores(stage.Profile, spec.Request.CpuMillicores, Math.Min(cpuCap, Math.Max(spec.Request.CpuMillicores, cpuCap / 2))),
        };
    }

    private static long MemoryOf(StageState stage, long? inputBytes, TasksReady? ready, long cap)
    {
        var preset = stage.Spec.Request.MemoryBytes;
        if (ready is { AfterCause: AttemptCause.OutOfMemory, GrantedBytes: > 0 } && stage.Spec.OutOfMemoryFactor is { } factor)
            return (long)Math.Ceiling(Math.Min(cap, ready.GrantedBytes * factor));
        if (ready is { AfterCause: { } cause, GrantedBytes: > 0 })
            return RetryLadder.Next(cause, ready.GrantedBytes, ready.OutOfMemoryKills, stage.Profile.LargestMemoryBytes, preset, cap);
        var request = new SizingRequest
        {
            PresetBytes = preset,
            CapBytes = cap,
            Cores = stage.Spec.Request.CpuCores,
            Signals = inputBytes is { } bytes ? [new SizeSignal("input", bytes)] : [],
        };
        return stage.Profile.MemorySizing.Decide(request).Bytes;
    }
}
