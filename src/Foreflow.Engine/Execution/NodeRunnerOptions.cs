using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;

namespace Foreflow.Engine.Execution;

/// <summary>How a node carries out orders.</summary>
public sealed record NodeRunnerOptions
{
    /// <summary>The folder whose processes these are: after a crash, whatever an engine had started for the same folder is found and ended.</summary>
    [Required]
    public required string DataFolder { get; init; }

    /// <summary>Name of the engine process, by which others of the same folder tell whether what it started is left over; null for one nobody asks about. Without <c>+</c> and <c>/</c>.</summary>
    [RegularExpression("^[A-Za-z0-9._-]{1,200}$")]
    public string? Engine { get; init; }

    /// <summary>How often running processes are sampled.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan SamplePeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The most kept of one output stream of one attempt, in bytes; of more, the first bytes and the last.</summary>
    [Range(0L, 1L << 40)]
    public long MaxLogBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How much of the end of standard error goes into messages, in bytes.</summary>
    [Range(256, 1 << 20)]
    public int TailBytes { get; init; } = 4096;

    /// <summary>The largest output of a task, in bytes.</summary>
    [Range(2, 256 << 20)]
    public int MaxOutputBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Where the kernel tells how short of memory the node is, as pressure stall information; another file than the machine's own within a
    /// container, or a control group of which this program is only a part.
    /// </summary>
    [Required]
    public string MemoryPressureFile { get; init; } = "/proc/pressure/memory";

    /// <summary>How processes are held together.</summary>
    public GroupingKind Grouping { get; init; }

    /// <summary>Names the data folder in control groups and process environments: the same folder, the same name.</summary>
    internal string Owner => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(DataFolder).TrimEnd('/')))).Substring(0, 16);
}
