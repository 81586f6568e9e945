namespace Foreflow.Engine.Execution;

/// <summary>What a process and all its children together may take. Null: no limit.</summary>
/// <param name="MemoryBytes">Bytes of memory; swap is not given on top. A process over it is killed.</param>
/// <param name="CpuCores">Processor cores, at least 0.01. A process over it is slowed down.</param>
/// <param name="MaxProcesses">Processes and threads, at least 1. Starting one more fails.</param>
public sealed record ProcessLimits(long? MemoryBytes = null, double? CpuCores = null, int? MaxProcesses = null)
{
    /// <summary>No limit of any kind.</summary>
    public static ProcessLimits None { get; } = new();
}
