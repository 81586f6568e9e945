using Foreflow.Core.Model;

namespace Foreflow.Core.Snapshot;

/// <summary>
/// Forecast of what processes of others will use of a node: exponentially weighted mean and deviation over time, which
/// is the best flat forecast of a level that wanders (Muth 1960), and from them the quantile that nine of ten instants
/// stay below. The last sample alone would swing with every compilation of a neighbour.
/// </summary>
/// <remarks>
/// Weights halve every 60 s. What a use that steps from nothing to U is taken for:
/// <code>
/// after    1 s     10 s    30 s    60 s    5 min
///        0.15 U  0.51 U  0.88 U  1.14 U  1.19 U, then back to 1 U
/// </code>
/// and one second of U every minute for about 0.2 U. Samples count by how long they stood, so that a reporter that
/// tells changes alone and one that tells every second give the same.
/// </remarks>
internal struct UseByOthers
{
    /// <summary>After this a sample counts half.</summary>
    public const double HalfLifeSeconds = 60;

    /// <summary>The .9 quantile of the standard normal distribution.</summary>
    private const double DeviationsAtQuantile = 1.2816;

    private Level _cpu, _memory, _network, _disk;
    private Instant _since;
    private bool _any;

    /// <summary>The last sample.</summary>
    public Resources Last { get; private set; }

    /// <summary>Takes a sample in.</summary>
    public void Sample(Resources used, Instant at)
    {
        if (!_any)
        {
            (_cpu, _memory, _network, _disk) = (new(used.CpuMillicores), new(used.MemoryBytes), new(used.NetworkBytesPerSecond), new(used.DiskBytesPerSecond));
            _any = true;
            _since = at;
        }
        else
        {
            Pass(at);
        }

        Last = used;
    }

    /// <summary>The .9 quantile of use from <paramref name="now"/> on.</summary>
    public readonly Resources Quantile(Instant now)
    {
        if (!_any) return Resources.Zero;
        var passed = this;
        passed.Pass(now);
        return new Resources(passed._cpu.Quantile, passed._memory.Quantile, passed._network.Quantile, passed._disk.Quantile);
    }

    private void Pass(Instant now)
    {
        var weight = 1 - double.Exp2(-Math.Max(0, (now - _since).TotalSeconds) / HalfLifeSeconds);
        _cpu = _cpu.After(Last.CpuMillicores, weight);
        _memory = _memory.After(Last.MemoryBytes, weight);
        _network = _network.After(Last.NetworkBytesPerSecond, weight);
        _disk = _disk.After(Last.DiskBytesPerSecond, weight);
        _since = now;
    }

    /// <summary>Mean and variance of one kind of resource.</summary>
    private readonly record struct Level(double Mean, double Variance = 0)
    {
        public long Quantile => (long)Math.Ceiling(Mean + (DeviationsAtQuantile * Math.Sqrt(Variance)));

        /// <summary>After a value stood for as long as the weight says (West 1979, with weights that fade).</summary>
        public Level After(double value, double weight)
        {
            var off = value - Mean;
            return new Level(Mean + (weight * off), (1 - weight) * (Variance + (weight * off * off)));
        }
    }
}
