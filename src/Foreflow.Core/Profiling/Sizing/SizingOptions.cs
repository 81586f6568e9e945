using System.ComponentModel.DataAnnotations;

namespace Foreflow.Core.Profiling.Sizing;

/// <summary>The constants of memory sizing: few and round.</summary>
public sealed record SizingOptions
{
    /// <summary>The defaults.</summary>
    public static readonly SizingOptions Default = new();

    /// <summary>
    /// Least margin over an expected peak, and least growth after an out-of-memory kill, in bytes. 100 MB: what the
    /// allocator, the page cache of mapped files and the sampling error of one attempt move by.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MarginBytes { get; init; } = 100_000_000;

    /// <summary>Least growth after an out-of-memory kill, as a factor (Kubernetes vertical pod autoscaler).</summary>
    [Range(1, 10)]
    public double GrowthFactor { get; init; } = 1.2;

    /// <summary>
    /// What a core is worth in bytes of memory: a failed attempt has wasted its cores for as long as its memory.
    /// Machines have 2 GB (compute) to 8 GB (memory) a core; 1 GB leaves room for work that is not short of cores.
    /// <code>
    ///   0: twice the failures, 1 % less waste      2 GB: a third fewer failures, 4 % more waste
    /// </code>
    /// </summary>
    [Range(0, long.MaxValue)]
    public long CoreWorthBytes { get; init; } = 1_000_000_000;

    /// <summary>
    /// How many observations the unseen weighs: after n finished tasks the next one exceeds them all with probability
    /// w / (n + w). One is for tasks in random order, where the chance of a record is 1 / (n + 1); the other because
    /// those that finish first are the small ones.
    /// <code>
    ///   w = 2:   n = 1   67 %     n = 10   17 %     n = 100   2 %
    /// </code>
    /// </summary>
    [Range(0, 100)]
    public double UnseenWeight { get; init; } = 2;

    /// <summary>Mean by which a record exceeds the last one, as a logarithm, before any record was seen: 0.5 is +65 %.</summary>
    [Range(0, 10)]
    public double UnseenScale { get; init; } = 0.5;

    /// <summary>How many finished tasks are remembered.</summary>
    [Range(8, 4096)]
    public int Window { get; init; } = 128;

    /// <summary>How many of the latest count as recent, for stages whose need has shifted.</summary>
    [Range(1, 4096)]
    public int Recent { get; init; } = 32;

    /// <summary>Share of the remembered tasks that count as similar to the next one.</summary>
    [Range(0.01, 1)]
    public double SimilarShare { get; init; } = 0.3;

    /// <summary>Fewest tasks that count as similar.</summary>
    [Range(1, 4096)]
    public int FewestSimilar { get; init; } = 10;

    /// <summary>
    /// What memory grows with, as a power of the input size, before any growth was seen: 0.5, give or take
    /// <see cref="ExponentSpread"/>, spans from "not at all" to "in proportion".
    /// </summary>
    [Range(-3, 3)]
    public double Exponent { get; init; } = 0.5;

    /// <summary>Standard deviation of that power.</summary>
    [Range(0.01, 3)]
    public double ExponentSpread { get; init; } = 0.5;

    /// <summary>What a first grant that was too small adds to the safety margin: 0.05 is 5 % of the grant.</summary>
    [Range(0, 1)]
    public double MissMargin { get; init; } = 0.05;

    /// <summary>
    /// What is left of the safety margin after a first grant that was enough.
    /// <code>
    ///   0.9:   after 7 such grants half of it is left, after 22 a tenth
    /// </code>
    /// </summary>
    [Range(0, 1)]
    public double MissMarginDecay { get; init; } = 0.9;

    /// <summary>
    /// Share of the preset that the first tasks are granted, before any of their stage has finished. Authors name a round
    /// size with room to spare, and the last tenth of it is hardly ever touched; where it is, the retry gets the whole.
    /// </summary>
    [Range(0.1, 1)]
    public double FirstShare { get; init; } = 0.9;

    /// <summary>Presets below this are granted whole at first: a tenth of little is not worth a failure. In bytes.</summary>
    [Range(0, long.MaxValue)]
    public long FirstShareFromBytes { get; init; } = 1_000_000_000;
}
