using System.Globalization;
using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>
/// Forecast of a workflow's arrivals on the fine grid, kept up to date bucket by bucket. Experts that differ in shape
/// (level, time of day, of week, waves) and in memory are mixed by their recent log scores one and five blocks ahead; the
/// spread is measured, not assumed: noise of counts from bucket to bucket, error of the level from block to block.
/// </summary>
public sealed class ArrivalForecast
{
    /// <summary>Fine buckets in a block, by which forecasts are judged: a minute of five-second buckets.</summary>
    internal const int BlockBuckets = 12;

    private const int FarBlocks = 5;

    /// <summary>So many empty buckets at once, where each cycle takes a few, are a clock that jumped or an engine that stood still: not a rate of zero.</summary>
    private const int UnseenBuckets = 120;

    /// <summary>Log score by which an expert that is new starts behind the best: a share of one in twenty.</summary>
    private const double Handicap = 3;

    /// <summary>Half-life of scores, in blocks: three hours of minutes.</summary>
    private static readonly double ScoreDiscount = Math.Pow(0.5, 1.0 / 180);

    /// <summary>Half-life of the measured spread, in blocks.</summary>
    private static readonly double SpreadDiscount = Math.Pow(0.5, 1.0 / 720);

    private static readonly SkillGuardOptions GuardOptions = new() { HalfLifeObservations = 240, MinObservations = 60 };

    private readonly ArrivalExpert[] _experts =
    [
        new(ArrivalShape.Level, 6), new(ArrivalShape.Level, 24), new(ArrivalShape.Level, 96), new(ArrivalShape.Level, 384), new(ArrivalShape.Level, 1536),
        new(ArrivalShape.Day, 24), new(ArrivalShape.Day, 96), new(ArrivalShape.Day, 384), new(ArrivalShape.Day, 1536), new(ArrivalShape.Day, 17_280),
        new(ArrivalShape.Week, 24), new(ArrivalShape.Week, 96), new(ArrivalShape.Week, 384), new(ArrivalShape.Week, 1536), new(ArrivalShape.Week, 17_280),
        new(ArrivalShape.Wave, 96), new(ArrivalShape.Wave, 1536),
    ];

    private readonly ArrivalBaseline _baseline;
    private readonly TimeSpan _step;
    private readonly double[] _weights;
    private readonly double[][] _forecasts;
    private readonly double[] _blockCounts = new double[FarBlocks + 1];
    private readonly double[] _shapes = new double[4];
    private SpreadOf _near;
    private SpreadOf _far;
    private double _noise;
    private double _noiseMean;
    private double _blockCount;
    private double _total;
    private long _buckets;
    private long _blocks;
    private long _next = -1;
    private long _coarseBucket;
    private CoarseOutlook? _coarse;

    /// <summary>The forecast of a workflow that has not arrived yet.</summary>
    public ArrivalForecast(TimeSpan fineStep, TimeSpan coarseStep)
    {
        _step = fineStep;
        _baseline = new ArrivalBaseline(fineStep, coarseStep);
        _weights = new double[_experts.Length];
        // Forecasts of the last blocks: by expert, near and far, in a ring.
        _forecasts = [.. Enumerable.Range(0, _experts.Length * 2).Select(_ => new double[FarBlocks + 1])];
        Weigh();
    }

    /// <summary>Length of the waves found, in fine buckets; 0 where there are none.</summary>
    public int WaveBuckets => _baseline.WaveBuckets;

    /// <summary>Whether the forecast is worth acting on.</summary>
    public SkillGuard Guard { get; private set; } = SkillGuard.Start;

    /// <summary>Variance over mean of counts, from bucket to bucket.</summary>
    public double Dispersion => _noiseMean < 4 ? 1 : Math.Clamp(_noise / _noiseMean, 0.05, 50);

    /// <summary>What the forecast rests on, for people.</summary>
    public string Description
    {
        get
        {
            var shares = new double[4];
            for (var e = 0; e < _experts.Length; e++) shares[(int)_experts[e].Shape] += _weights[e];
            var parts = Enumerable.Range(0, 4).Where(s => shares[s] >= 0.005).OrderByDescending(s => shares[s]).Select(s =>
                string.Create(CultureInfo.InvariantCulture, $"{Name((ArrivalShape)s)} {shares[s] * 100:0} %"));
            return string.Join(", ", parts);
        }
    }

    /// <summary>Takes in the buckets that are complete.</summary>
    public void CatchUp(ArrivalHistory history, Instant now)
    {
        if (history.Count == 0) return;
        var open = now.Ticks / _step.Ticks;
        if (_next < 0) _next = history.FirstFine;
        // After a pause longer than the history nothing is left of what was missed.
        _next = Math.Max(_next, open - ArrivalHistory.Capacity);
        if (open - _next > UnseenBuckets && IsEmpty(history, open)) _next = open;
        for (; _next < open; _next++) TakeIn(history, _next);
    }

    /// <summary>True where nothing arrived since it last caught up.</summary>
    private bool IsEmpty(ArrivalHistory history, long open)
    {
        for (var bucket = _next; bucket < open; bucket++)
            if (history.FineCount(bucket) > 0) return false;
        return true;
    }

    /// <summary>What is expected from now on. Must have caught up with <paramref name="now"/>.</summary>
    public ArrivalOutlook Outlook(ArrivalHistory history, Instant now, int buckets)
    {
        var open = now.Ticks / _step.Ticks;
        var mean = new double[buckets];
        var variance = new double[buckets];
        if (history.Count == 0) return new ArrivalOutlook(new Instant(open * _step.Ticks), _step, mean, variance, 1);
        var levels = Array.ConvertAll(_experts, e => e.Level(OverallMean));
        var (near, far) = (_near.LevelVariance(Dispersion), _far.LevelVariance(Dispersion));
        far = Math.Max(near, far);
        for (var i = 0; i < buckets; i++)
        {
            Shapes(history, open + i, open);
            var (sum, weights, squares) = (0.0, 0.0, 0.0);
            for (var e = 0; e < _experts.Length; e++)
            {
                var expected = _shapes[(int)_experts[e].Shape] * levels[e];
                if (_weights[e] < 1e-4 || double.IsNaN(expected)) continue;
                sum += _weights[e] * expected;
                squares += _weights[e] * expected * expected;
                weights += _weights[e];
            }

            mean[i] = weights > 0 ? sum / weights : OverallMean;
            var disagreement = weights > 0 && mean[i] > 0 ? Math.Max(0, (squares / weights / (mean[i] * mean[i])) - 1) : 0;
            // Between the two distances at which the error is measured, and beyond them, by straight line.
            var blocks = (double)i / BlockBuckets;
            variance[i] = Math.Min(4, Math.Max(near + ((far - near) * Math.Max(0, blocks - 1) / (FarBlocks - 1)), Math.Min(1, disagreement)));
        }

        var seen = history.FineCount(open);
        var gone = (now.Ticks - (open * _step.Ticks)) / (double)_step.Ticks;
        // Regular arrivals: what came of a bucket will not come again. Random ones: time has no memory.
        mean[0] = Dispersion < 0.5 ? Math.Max(0, mean[0] - seen) : mean[0] * (1 - gone);
        return new ArrivalOutlook(new Instant(open * _step.Ticks), _step, mean, variance, Dispersion);
    }

    /// <summary>What is expected on the coarse grid; made anew when a coarse bucket ends. Must have caught up with <paramref name="now"/>.</summary>
    public CoarseOutlook Coarse(ArrivalHistory history, Instant now, PoolSettings settings)
    {
        var open = now.Ticks / settings.CoarseStep.Ticks;
        if (_coarse is not null && open == _coarseBucket) return _coarse;
        var finePerCoarse = Math.Max(1, settings.CoarseStep.Ticks / _step.Ticks);
        var fine = now.Ticks / _step.Ticks;
        var levels = Array.ConvertAll(_experts, e => e.Level(OverallMean));
        var rates = new float[(int)Math.Clamp(settings.CoarseHorizon / settings.CoarseStep, 1, 4096)];
        for (var i = 0; i < rates.Length; i++)
        {
            var middle = ((open + i) * finePerCoarse) + (finePerCoarse / 2);
            var (sum, weights) = (0.0, 0.0);
            for (var shape = ArrivalShape.Level; shape <= ArrivalShape.Week; shape++)
                _shapes[(int)shape] = Floored(_baseline.At(shape, history, middle, fine), shape);
            for (var e = 0; e < _experts.Length; e++)
            {
                var expected = _experts[e].Shape == ArrivalShape.Wave ? double.NaN : _shapes[(int)_experts[e].Shape] * levels[e];
                if (_weights[e] < 1e-4 || double.IsNaN(expected)) continue;
                sum += _weights[e] * expected;
                weights += _weights[e];
            }

            rates[i] = (float)((weights > 0 ? sum / weights : OverallMean) / _step.TotalSeconds);
        }

        _coarseBucket = open;
        return _coarse = new CoarseOutlook(new Instant(open * settings.CoarseStep.Ticks), settings.CoarseStep, rates, Math.Min(4, 2 * _far.LevelVariance(Dispersion)));
    }

    private double OverallMean => _total / Math.Max(_buckets, BlockBuckets);

    private static string Name(ArrivalShape shape) => shape switch
    {
        ArrivalShape.Level => "recent rate",
        ArrivalShape.Day => "time of day",
        ArrivalShape.Week => "time of week",
        _ => "waves",
    };

    private void TakeIn(ArrivalHistory history, long bucket)
    {
        if (bucket % 64 == 0 || (_buckets < 256 && bucket % 8 == 0)) _baseline.LookForWaves(history, bucket);
        Shapes(history, bucket, bucket);
        var count = (double)history.FineCount(bucket);
        // The very first arrival says when counting began, not how often they come.
        if (_buckets == 0 && count > 0) count--;
        var (expected, weights) = (0.0, 0.0);
        for (var e = 0; e < _experts.Length; e++)
        {
            var shape = _shapes[(int)_experts[e].Shape];
            if (!double.IsNaN(shape) && _weights[e] > 1e-4)
            {
                expected += _weights[e] * shape * _experts[e].Level(OverallMean);
                weights += _weights[e];
            }

            _experts[e].Observe(count, shape);
        }

        if (_buckets > BlockBuckets && weights > 0)
        {
            expected /= weights;
            var discount = Math.Pow(SpreadDiscount, 1.0 / BlockBuckets);
            _noise = (_noise * discount) + ((count - expected) * (count - expected));
            _noiseMean = (_noiseMean * discount) + expected;
        }

        _total += count;
        _buckets++;
        _blockCount += count;
        if ((bucket + 1) % BlockBuckets == 0) CloseBlock(history, bucket + 1);
    }

    private void CloseBlock(ArrivalHistory history, long open)
    {
        var slot = (int)(_blocks % (FarBlocks + 1));
        if (_blocks > FarBlocks) Judge(slot);
        _blockCounts[slot] = _blockCount;
        _blockCount = 0;
        _blocks++;
        Foretell(history, open, 1);
        Foretell(history, open, FarBlocks);
    }

    /// <summary>How the forecasts of the block that has just ended turned out.</summary>
    private void Judge(int slot)
    {
        var (near, far) = (Mixed(0, slot), Mixed(1, slot));
        for (var e = 0; e < _experts.Length; e++)
        {
            var score = 0.0;
            var known = true;
            for (var distance = 0; distance < 2; distance++)
            {
                var mean = _forecasts[(e * 2) + distance][slot];
                known &= !double.IsNaN(mean);
                var variance = (Dispersion * Math.Max(mean, 0.05)) + (0.0025 * mean * mean);
                var miss = _blockCount - mean;
                // Bounded below: one freak minute must not undo hours of evidence.
                score += Math.Max(-20, -0.5 * (Math.Log(variance) + (miss * miss / variance)));
            }

            if (!known)
            {
                _experts[e].Scored = false;
                continue;
            }

            // One that only now learns its shape starts near the best: it has to show itself, and may.
            if (!_experts[e].Scored) _experts[e].Score = _experts.Where(x => x.Scored).Select(x => x.Score).DefaultIfEmpty(Handicap).Max() - Handicap;
            _experts[e].Scored = true;
            _experts[e].Score = (_experts[e].Score * ScoreDiscount) + (0.5 * score);
        }

        if (!double.IsNaN(near)) _near.Observe(_blockCount, near, SpreadDiscount);
        if (!double.IsNaN(far))
        {
            var variance = (Dispersion * far) + (_far.LevelVariance(Dispersion) * far * far);
            var naive = _blockCounts[(int)((_blocks - FarBlocks) % (FarBlocks + 1))];
            var miss = _blockCount - far;
            // Independent arrivals vary by as many as there are: errors within that speak against nobody, though a rival may have none.
            var isCovered = Math.Abs(miss) <= (1.96 * Math.Sqrt(variance)) + 0.5;
            Guard = Guard.Observe(miss * miss, (_blockCount - naive) * (_blockCount - naive), isCovered, GuardOptions, negligible: _blockCount);
            _far.Observe(_blockCount, far, SpreadDiscount);
        }

        Weigh();
    }

    private double Mixed(int distance, int slot)
    {
        var (sum, weights) = (0.0, 0.0);
        for (var e = 0; e < _experts.Length; e++)
        {
            var mean = _forecasts[(e * 2) + distance][slot];
            if (double.IsNaN(mean)) continue;
            sum += _weights[e] * mean;
            weights += _weights[e];
        }

        return weights > 0 ? sum / weights : double.NaN;
    }

    private void Weigh()
    {
        var best = double.NegativeInfinity;
        foreach (var expert in _experts)
            if (expert.Scored) best = Math.Max(best, expert.Score);
        var total = 0.0;
        for (var e = 0; e < _experts.Length; e++)
        {
            // Until anything was judged: a memory of two minutes, and waves where they were found.
            var untried = _experts[e].Shape == ArrivalShape.Wave ? 1 : _experts[e].HalfLifeBuckets == 24 ? 0.2 : 0.02;
            _weights[e] = double.IsNegativeInfinity(best) ? untried : _experts[e].Scored ? Math.Exp(_experts[e].Score - best) : 0;
            total += _weights[e];
        }

        for (var e = 0; e < _weights.Length; e++) _weights[e] /= total;
    }

    /// <summary>Notes what each expert expects of the block that lies a number of blocks ahead.</summary>
    private void Foretell(ArrivalHistory history, long open, int blocks)
    {
        var slot = (int)((_blocks + blocks - 1) % (FarBlocks + 1));
        Span<double> sums = stackalloc double[4];
        sums.Clear();
        // Three buckets stand for the block: shapes are smooth but for waves, which are summed bucket by bucket.
        for (var i = 0; i < BlockBuckets; i++)
        {
            var bucket = open + ((blocks - 1) * BlockBuckets) + i;
            if (_baseline.WaveBuckets > 0) sums[(int)ArrivalShape.Wave] += _baseline.At(ArrivalShape.Wave, history, bucket, open);
            if (i % 4 != 1) continue;
            for (var shape = ArrivalShape.Level; shape <= ArrivalShape.Week; shape++) sums[(int)shape] += 4 * Floored(_baseline.At(shape, history, bucket, open), shape);
        }

        if (_baseline.WaveBuckets == 0) sums[(int)ArrivalShape.Wave] = double.NaN;
        for (var e = 0; e < _experts.Length; e++)
            _forecasts[(e * 2) + (blocks == 1 ? 0 : 1)][slot] = sums[(int)_experts[e].Shape] * _experts[e].Level(OverallMean);
    }

    private void Shapes(ArrivalHistory history, long bucket, long open)
    {
        for (var shape = ArrivalShape.Level; shape <= ArrivalShape.Wave; shape++)
            _shapes[(int)shape] = Floored(_baseline.At(shape, history, bucket, open), shape);
    }

    /// <summary>A quiet hour is quiet, not impossible: one arrival in it must not send the level to the sky.</summary>
    private double Floored(double expected, ArrivalShape shape) =>
        shape is ArrivalShape.Day or ArrivalShape.Week ? expected + (0.02 * OverallMean) : expected;

    /// <summary>Squared errors of block forecasts, discounted, with the means they belong to.</summary>
    private struct SpreadOf
    {
        private double _squaredErrors;
        private double _means;
        private double _squaredMeans;

        public void Observe(double count, double mean, double discount)
        {
            // One block in a thousand may be anything; it must not set the margin for a day.
            var error = Math.Min((count - mean) * (count - mean), 25 * Math.Max(1, mean) * Math.Max(1, mean));
            _squaredErrors = (_squaredErrors * discount) + error;
            _means = (_means * discount) + mean;
            _squaredMeans = (_squaredMeans * discount) + (mean * mean);
        }

        /// <summary>What errors have beyond the noise of counts, relative to the square of the mean.</summary>
        public readonly double LevelVariance(double dispersion) =>
            _squaredMeans < 1 ? 0.04 : Math.Clamp((_squaredErrors - (dispersion * _means)) / _squaredMeans, 0, 4);
    }
}
