using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Outcomes;

/// <summary>Forecasts of one stage's demand that wait for their time, and how those before them did.</summary>
internal sealed class StageForecasts
{
    /// <summary>Forecasts that wait at once; between two there lies at least this part of the lead time.</summary>
    private const int MostPending = 64;

    /// <summary>Cycles that may be missed before the demand between two looks says nothing of an instant between them.</summary>
    private const double LongestLookPeriods = 4;

    /// <summary>How fast the size of the naive forecast's errors is followed: each new one counts for a fiftieth.</summary>
    private const double SizeRate = 0.02;

    /// <summary>How fast its margin, in sizes of error, follows them.</summary>
    private const double MarginRate = 0.05;

    private readonly Queue<Pending> _pending = new();
    private readonly DayOfDemand _day = new();
    private Instant _lookedAt;
    private double _loadSlotSeconds;
    private double _naiveMargin;
    private double _naiveSize;
    private Sums _sums;
    private Instant _from;

    /// <summary>Starts to watch a stage.</summary>
    public StageForecasts(StageState stage, Instant now) => (_lookedAt, _loadSlotSeconds, _from) = (now, stage.LoadSlotSeconds(now), now);

    /// <summary>Judges the forecasts whose time has come and notes a new one.</summary>
    /// <param name="snapshot">The pool.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="curve">What is foreseen now; null for nothing.</param>
    public void Look(ClusterSnapshot snapshot, StageState stage, DemandCurve? curve)
    {
        var now = snapshot.Now;
        var seconds = (now - _lookedAt).TotalSeconds;
        if (seconds <= 0) return;
        var load = stage.LoadSlotSeconds(now);
        var slots = Math.Max(0, (load - _loadSlotSeconds) / seconds);
        var period = snapshot.Settings.CyclePeriod.TotalSeconds;
        var told = seconds <= LongestLookPeriods * period;
        if (told) _day.Add(now, slots, seconds);
        (_lookedAt, _loadSlotSeconds) = (now, load);
        while (_pending.TryPeek(out var due) && due.At < now)
        {
            _pending.Dequeue();
            if (told) Judge(due, slots);
        }

        var lead = TimeSpan.FromSeconds(stage.StartUpSeconds + period);
        if (_pending.Count < MostPending && (_pending.Count == 0 || now + lead - Newest >= lead / MostPending)) Note(now, lead, slots, curve?.At(lead) ?? default);
    }

    /// <summary>How the forecasts did since this was last asked; null where there were none.</summary>
    public ForecastOutcome? Tell(StageState stage, Instant now)
    {
        var (sums, from) = (_sums, _from);
        (_sums, _from) = (default, now);
        if (sums.Count == 0) return null;
        double Mean(double sum) => Math.Round(sum / sums.Count, 6);
        return new ForecastOutcome(now, stage.Id.ToString())
        {
            From = from,
            Count = sums.Count,
            AheadSeconds = Math.Round(sums.Ahead / sums.Count, 1),
            Covered50 = Mean(sums.Covered50),
            Covered80 = Mean(sums.Covered80),
            Covered95 = Mean(sums.Covered95),
            Covered99 = Mean(sums.Covered99),
            MeanSlots = Mean(sums.Slots),
            Error = Mean(sums.Error),
            NaiveError = Mean(sums.NaiveError),
            Pinball95 = Mean(sums.Pinball),
            NaivePinball95 = Mean(sums.NaivePinball),
            Seasonal = Mean(sums.Seasonal),
        };
    }

    private Instant Newest { get; set; }

    private void Note(Instant now, TimeSpan lead, double slotsNow, SlotDemand foreseen)
    {
        Newest = now + lead;
        _pending.Enqueue(new Pending(
            Newest, lead.TotalSeconds, foreseen.Mean, foreseen.Quantile(0.5, 0), foreseen.Quantile(0.8, 0.8416212335729143),
            foreseen.Quantile(0.95, 1.6448536269514722), foreseen.Quantile(0.99, 2.3263478740408408), slotsNow));
    }

    private void Judge(in Pending made, double slots)
    {
        var dayBefore = _day.Before(made.At);
        var naive = dayBefore ?? made.SlotsThen;
        var naiveQuantile = Math.Max(0, naive + (_naiveMargin * _naiveSize));
        var miss = slots - naive;
        // Stochastic approximation of a quantile (Robbins and Monro 1951): up by .95 where it was exceeded, down by .05 where not.
        if (_naiveSize > 0) _naiveMargin += MarginRate * (miss > _naiveMargin * _naiveSize ? 0.95 : -0.05);
        _naiveSize += SizeRate * (Math.Abs(miss) - _naiveSize);
        if (slots < 1e-6 && made.Q99 < 1e-6) return;
        _sums.Count++;
        _sums.Ahead += made.AheadSeconds;
        _sums.Slots += slots;
        _sums.Error += Math.Abs(slots - made.Mean);
        _sums.NaiveError += Math.Abs(miss);
        _sums.Pinball += ForecastAccuracy.Pinball(slots, made.Q95, 0.95);
        _sums.NaivePinball += ForecastAccuracy.Pinball(slots, naiveQuantile, 0.95);
        if (slots <= made.Q50) _sums.Covered50++;
        if (slots <= made.Q80) _sums.Covered80++;
        if (slots <= made.Q95) _sums.Covered95++;
        if (slots <= made.Q99) _sums.Covered99++;
        if (dayBefore is not null) _sums.Seasonal++;
    }

    private readonly record struct Pending(Instant At, double AheadSeconds, double Mean, double Q50, double Q80, double Q95, double Q99, double SlotsThen);

    private struct Sums
    {
        public int Count;
        public double Ahead, Slots, Error, NaiveError, Pinball, NaivePinball, Covered50, Covered80, Covered95, Covered99, Seasonal;
    }

    /// <summary>Mean demand of each five minutes of the last day and a little more.</summary>
    private sealed class DayOfDemand
    {
        private const int BucketsADay = 288;
        private const int Kept = BucketsADay + 2;
        private static readonly long BucketTicks = TimeSpan.FromMinutes(5).Ticks;

        private readonly (long Bucket, double SlotSeconds, double Seconds)[] _ring = new (long, double, double)[Kept];

        public void Add(Instant now, double slots, double seconds)
        {
            var bucket = now.Ticks / BucketTicks;
            ref var slot = ref _ring[(int)(((bucket % Kept) + Kept) % Kept)];
            if (slot.Bucket != bucket) slot = (bucket, 0, 0);
            slot.SlotSeconds += slots * seconds;
            slot.Seconds += seconds;
        }

        /// <summary>The demand a day before an instant; null where it is not known.</summary>
        public double? Before(Instant at)
        {
            var bucket = (at.Ticks / BucketTicks) - BucketsADay;
            var slot = _ring[(int)(((bucket % Kept) + Kept) % Kept)];
            return slot.Bucket == bucket && slot.Seconds > 0 ? slot.SlotSeconds / slot.Seconds : null;
        }
    }
}
