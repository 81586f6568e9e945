using Foreflow.Core.Model;

namespace Foreflow.Core.Snapshot;

/// <summary>
/// Arrivals of a workflow as counts per bucket, on two grids: fine (recent rate, waves) and coarse (trend, season).
/// Buckets are aligned to the epoch, so that histories of processes and days line up. Bounded: the oldest buckets fall out.
/// </summary>
public sealed class ArrivalHistory
{
    /// <summary>Buckets kept on each grid.</summary>
    public const int Capacity = 4096;

    private readonly Grid _fine;
    private readonly Grid _coarse;

    /// <summary>An empty history.</summary>
    /// <param name="fineStep">Width of a fine bucket.</param>
    /// <param name="coarseStep">Width of a coarse bucket.</param>
    public ArrivalHistory(TimeSpan fineStep, TimeSpan coarseStep)
    {
        _fine = new Grid(fineStep.Ticks);
        _coarse = new Grid(coarseStep.Ticks);
    }

    /// <summary>Arrivals ever recorded.</summary>
    public long Count { get; private set; }

    /// <summary>When the last one arrived; <see cref="Instant.Never"/> before the first.</summary>
    public Instant LastAt { get; private set; } = Instant.Never;

    /// <summary>Counts <paramref name="arrivals"/> runs that arrived at <paramref name="at"/>.</summary>
    public void Record(Instant at, int arrivals = 1)
    {
        _fine.Record(at.Ticks, arrivals);
        _coarse.Record(at.Ticks, arrivals);
        Count += arrivals;
        LastAt = at;
    }

    /// <summary>Number of the fine bucket the first arrival fell in, counted from the epoch; only meaningful once there was one.</summary>
    public long FirstFine => _fine.First;

    /// <summary>Number of the coarse bucket the first arrival fell in, counted from the epoch; only meaningful once there was one.</summary>
    public long FirstCoarse => _coarse.First;

    /// <summary>Arrivals of a fine bucket by its number; 0 for one that fell out or has not come.</summary>
    public int FineCount(long bucket) => _fine.CountOf(bucket);

    /// <summary>Arrivals of a coarse bucket by its number; 0 for one that fell out or has not come.</summary>
    public int CoarseCount(long bucket) => _coarse.CountOf(bucket);

    /// <summary>Counts of the complete fine buckets from the first arrival up to <paramref name="now"/>, oldest first, and the start of the bucket that is open.</summary>
    public double[] Fine(Instant now, out Instant openBucket) => _fine.Complete(now.Ticks, out openBucket);

    /// <summary>Counts of the complete coarse buckets from the first arrival up to <paramref name="now"/>, oldest first, and the start of the bucket that is open.</summary>
    public double[] Coarse(Instant now, out Instant openBucket) => _coarse.Complete(now.Ticks, out openBucket);

    /// <summary>Arrivals so far in the fine bucket that is open at <paramref name="now"/>.</summary>
    public int InOpenFineBucket(Instant now) => _fine.InOpenBucket(now.Ticks);

    private sealed class Grid(long stepTicks)
    {
        private readonly int[] _counts = new int[Capacity];
        private long _first = long.MaxValue;
        private long _last = long.MinValue;

        public void Record(long ticks, int arrivals)
        {
            var bucket = ticks / stepTicks;
            if (_first == long.MaxValue) (_first, _last) = (bucket, bucket);
            Advance(bucket);
            if (bucket >= Oldest) _counts[Slot(bucket)] += arrivals;
        }

        public long First => _first;

        public int CountOf(long bucket) => _first == long.MaxValue || bucket > _last || bucket < Oldest ? 0 : _counts[Slot(bucket)];

        public double[] Complete(long nowTicks, out Instant openBucket)
        {
            var open = nowTicks / stepTicks;
            openBucket = new Instant(open * stepTicks);
            if (_first == long.MaxValue || open <= _first) return [];
            Advance(open);
            var oldest = Oldest;
            var counts = new double[open - oldest];
            for (var i = 0; i < counts.Length; i++) counts[i] = _counts[Slot(oldest + i)];
            return counts;
        }

        public int InOpenBucket(long nowTicks)
        {
            var open = nowTicks / stepTicks;
            return open == _last ? _counts[Slot(open)] : 0;
        }

        private long Oldest => Math.Max(_first, _last - Capacity + 1);

        private static int Slot(long bucket) => (int)(((bucket % Capacity) + Capacity) % Capacity);

        private void Advance(long bucket)
        {
            if (bucket - _last >= Capacity)
            {
                Array.Clear(_counts);
                _last = bucket;
                return;
            }

            while (_last < bucket) _counts[Slot(++_last)] = 0;
        }
    }
}
