namespace Foreflow.Core.Model;

/// <summary>The kinds of resource every estimator, ledger and policy treats alike.</summary>
public enum ResourceKind
{
    /// <summary>Processor time, in thousandths of a core.</summary>
    Cpu,

    /// <summary>Resident memory, in bytes.</summary>
    Memory,

    /// <summary>Network traffic in and out, in bytes a second.</summary>
    Network,

    /// <summary>Disk reads and writes, in bytes a second.</summary>
    Disk,
}

/// <summary>
/// One immutable vector of resources. Whole numbers, so that adding and taking away any number of times is exact:
/// a ledger that sums doubles drifts.
/// </summary>
/// <param name="CpuMillicores">Thousandths of a core.</param>
/// <param name="MemoryBytes">Bytes of memory.</param>
/// <param name="NetworkBytesPerSecond">Bytes a second over the network, both directions; 0 where unknown or unlimited.</param>
/// <param name="DiskBytesPerSecond">Bytes a second to and from disk; 0 where unknown or unlimited.</param>
public readonly record struct Resources(
    long CpuMillicores,
    long MemoryBytes,
    long NetworkBytesPerSecond = 0,
    long DiskBytesPerSecond = 0)
{
    /// <summary>How many kinds of resource there are.</summary>
    public const int KindCount = 4;

    /// <summary>Nothing of anything.</summary>
    public static readonly Resources Zero;

    /// <summary>CPU in cores.</summary>
    public double CpuCores => CpuMillicores / 1000.0;

    /// <summary>True when every component is zero.</summary>
    public bool IsZero => (CpuMillicores | MemoryBytes | NetworkBytesPerSecond | DiskBytesPerSecond) == 0;

    /// <summary>True when no component is negative.</summary>
    public bool IsNonNegative => (CpuMillicores | MemoryBytes | NetworkBytesPerSecond | DiskBytesPerSecond) >= 0;

    /// <summary>The component of one kind.</summary>
    public long this[ResourceKind kind] => kind switch
    {
        ResourceKind.Cpu => CpuMillicores,
        ResourceKind.Memory => MemoryBytes,
        ResourceKind.Network => NetworkBytesPerSecond,
        ResourceKind.Disk => DiskBytesPerSecond,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>A copy with one component replaced.</summary>
    public Resources With(ResourceKind kind, long value) => kind switch
    {
        ResourceKind.Cpu => this with { CpuMillicores = value },
        ResourceKind.Memory => this with { MemoryBytes = value },
        ResourceKind.Network => this with { NetworkBytesPerSecond = value },
        ResourceKind.Disk => this with { DiskBytesPerSecond = value },
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>True when every component is at most that of <paramref name="capacity"/>.</summary>
    public bool FitsWithin(in Resources capacity) =>
        CpuMillicores <= capacity.CpuMillicores
        && MemoryBytes <= capacity.MemoryBytes
        && NetworkBytesPerSecond <= capacity.NetworkBytesPerSecond
        && DiskBytesPerSecond <= capacity.DiskBytesPerSecond;

    /// <summary>The same of processors and memory alone: of network and disk a node may not know what it has.</summary>
    public bool CpuAndMemoryFitWithin(in Resources capacity) => CpuMillicores <= capacity.CpuMillicores && MemoryBytes <= capacity.MemoryBytes;

    /// <summary>How many whole copies of this fit into <paramref name="capacity"/>; <see cref="int.MaxValue"/> when this is zero.</summary>
    public int CopiesWithin(in Resources capacity)
    {
        long copies = int.MaxValue;
        for (var kind = ResourceKind.Cpu; kind <= ResourceKind.Disk; kind++)
        {
            if (this[kind] > 0) copies = Math.Min(copies, Math.Max(0, capacity[kind]) / this[kind]);
        }

        return (int)copies;
    }

    /// <summary>The largest share any component takes of <paramref name="capacity"/> (dominant resource, Ghodsi et al. 2011).</summary>
    public double DominantShare(in Resources capacity)
    {
        var share = 0.0;
        for (var kind = ResourceKind.Cpu; kind <= ResourceKind.Disk; kind++)
        {
            if (this[kind] > 0) share = Math.Max(share, capacity[kind] > 0 ? (double)this[kind] / capacity[kind] : double.PositiveInfinity);
        }

        return share;
    }

    /// <summary>The larger of each component.</summary>
    public static Resources Max(in Resources a, in Resources b) => new(
        Math.Max(a.CpuMillicores, b.CpuMillicores),
        Math.Max(a.MemoryBytes, b.MemoryBytes),
        Math.Max(a.NetworkBytesPerSecond, b.NetworkBytesPerSecond),
        Math.Max(a.DiskBytesPerSecond, b.DiskBytesPerSecond));

    /// <summary>The smaller of each component.</summary>
    public static Resources Min(in Resources a, in Resources b) => new(
        Math.Min(a.CpuMillicores, b.CpuMillicores),
        Math.Min(a.MemoryBytes, b.MemoryBytes),
        Math.Min(a.NetworkBytesPerSecond, b.NetworkBytesPerSecond),
        Math.Min(a.DiskBytesPerSecond, b.DiskBytesPerSecond));

    /// <summary>Component-wise sum.</summary>
    public static Resources operator +(in Resources a, in Resources b) => new(
        a.CpuMillicores + b.CpuMillicores,
        a.MemoryBytes + b.MemoryBytes,
        a.NetworkBytesPerSecond + b.NetworkBytesPerSecond,
        a.DiskBytesPerSecond + b.DiskBytesPerSecond);

    /// <summary>Component-wise difference; may be negative.</summary>
    public static Resources operator -(in Resources a, in Resources b) => new(
        a.CpuMillicores - b.CpuMillicores,
        a.MemoryBytes - b.MemoryBytes,
        a.NetworkBytesPerSecond - b.NetworkBytesPerSecond,
        a.DiskBytesPerSecond - b.DiskBytesPerSecond);

    /// <summary>This many copies.</summary>
    public static Resources operator *(in Resources a, long copies) => new(
        a.CpuMillicores * copies,
        a.MemoryBytes * copies,
        a.NetworkBytesPerSecond * copies,
        a.DiskBytesPerSecond * copies);

    /// <summary>Scaled by a factor, each component rounded up: a margin is never rounded away.</summary>
    public Resources ScaledUp(double factor) => new(
        (long)Math.Ceiling(CpuMillicores * factor),
        (long)Math.Ceiling(MemoryBytes * factor),
        (long)Math.Ceiling(NetworkBytesPerSecond * factor),
        (long)Math.Ceiling(DiskBytesPerSecond * factor));
}
