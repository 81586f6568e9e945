using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Traces.Workflows;

/// <summary>One task of a recorded workflow run. Tasks name each other by index, so that graph code needs no look-ups.</summary>
public sealed record WorkflowTask
{
    /// <summary>Position in <see cref="WorkflowHistory.Tasks"/>.</summary>
    public required int Index { get; init; }

    /// <summary>Unique id within the file.</summary>
    public required string Id { get; init; }

    /// <summary>What kind of task it is: tasks of one type run the same program.</summary>
    public required string Type { get; init; }

    /// <summary>Tasks that must end before it starts, ascending.</summary>
    public required ImmutableArray<int> Parents { get; init; }

    /// <summary>Tasks that wait for it, ascending.</summary>
    public required ImmutableArray<int> Children { get; init; }

    /// <summary>Run time of the task alone, in seconds; 0 where the recorder saw nothing shorter than its resolution.</summary>
    public required double RuntimeSeconds { get; init; }

    /// <summary>Cores it occupied; 1 where not recorded.</summary>
    public double Cores { get; init; } = 1;

    /// <summary>Mean CPU use, in cores; null where not recorded.</summary>
    public double? CpuCores { get; init; }

    /// <summary>Highest memory, in bytes; null where not recorded or recorded as 0, which means too short to sample.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Bytes it read; null where not recorded.</summary>
    public long? ReadBytes { get; init; }

    /// <summary>Bytes it wrote; null where not recorded.</summary>
    public long? WrittenBytes { get; init; }

    /// <summary>Size of its input files, in bytes; null where none has a size.</summary>
    public long? InputBytes { get; init; }

    /// <summary>Size of its output files, in bytes; null where none has a size.</summary>
    public long? OutputBytes { get; init; }

    /// <summary>Machine it ran on; null where not recorded.</summary>
    public string? Machine { get; init; }

    /// <summary>The program it ran, where the file has one word for it.</summary>
    public string? Program { get; init; }
}

/// <summary>A machine of a recorded run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cores">Its cores as recorded; recorders of containers often say 1.</param>
/// <param name="MemoryBytes">Its memory, in bytes; null where not recorded.</param>
public sealed record WorkflowMachine(string Name, int? Cores, long? MemoryBytes);

/// <summary>A recorded workflow run: an acyclic graph of tasks with what each took.</summary>
public sealed record WorkflowHistory
{
    /// <summary>Where it was read from.</summary>
    public required string Path { get; init; }

    /// <summary>Name of the workflow.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the format.</summary>
    public required string SchemaVersion { get; init; }

    /// <summary>Its tasks, in file order.</summary>
    public required ImmutableArray<WorkflowTask> Tasks { get; init; }

    /// <summary>Indices of the tasks, parents before children, else in file order.</summary>
    public required ImmutableArray<int> TopologicalOrder { get; init; }

    /// <summary>Machines it ran on.</summary>
    public required ImmutableArray<WorkflowMachine> Machines { get; init; }

    /// <summary>From the start of the run to its end, in seconds, queues and transfers included; null where not recorded.</summary>
    public double? MakespanSeconds { get; init; }

    /// <summary>When it was run; null where not recorded or not readable.</summary>
    public Instant? ExecutedAt { get; init; }

    /// <summary>Oddities that were put right or left unknown, for people.</summary>
    public required ImmutableArray<string> Notes { get; init; }

    /// <summary>Run time along the longest path: no schedule is shorter.</summary>
    public double CriticalPathSeconds
    {
        get
        {
            var ends = new double[Tasks.Length];
            var longest = 0.0;
            foreach (var index in TopologicalOrder)
            {
                var start = 0.0;
                foreach (var parent in Tasks[index].Parents) start = Math.Max(start, ends[parent]);
                ends[index] = start + Tasks[index].RuntimeSeconds;
                longest = Math.Max(longest, ends[index]);
            }

            return longest;
        }
    }
}
