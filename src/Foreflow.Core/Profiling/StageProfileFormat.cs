using System.Buffers.Binary;
using System.Text;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling.Sizing;

namespace Foreflow.Core.Profiling;

/// <summary>
/// The stored form of a profile, version 2:
/// <code>
///   "FFP" version | half-life, landmark, last update | largest of each resource | branch moments
///   number of needed stages, each: name, count, moments
///   number of causes, each: cause, count, moments
///   number of measures, each: measure, histogram, moments, size dependence
///   sizing: tasks seen, longest, largest, margin, realised waste, the latest tasks
/// </code>
/// Version 1, which is still read, had the largest memory alone and no needed stages.
/// Empty causes and measures are left out. Integers are LEB128 (signed ones zig-zagged), the rest little-endian.
/// </summary>
internal static class StageProfileFormat
{
    /// <summary>A stored profile is never larger.</summary>
    internal const int MaximumBytes = 8192;

    internal const byte Version = 2;

    private static ReadOnlySpan<byte> Magic => "FFP"u8;

    internal static byte[] Write(StageProfile profile)
    {
        // Buckets dominate. Where all of them do not fit, neighbours are stored as one until they do.
        foreach (var buckets in (ReadOnlySpan<int>)[int.MaxValue, 200, 150, 110, 80])
        {
            var bytes = Write(profile, buckets);
            if (bytes.Length <= MaximumBytes) return bytes;
        }

        return Write(profile, 40);
    }

    internal static StageProfile Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4 || !bytes[..3].SequenceEqual(Magic)) throw new ProfileFormatException("This is not a stored profile.");
        var version = bytes[3];
        if (version is 0 or > Version) throw new ProfileFormatException($"The profile was stored in format {version}; this program reads formats 1 to {Version}.");
        var reader = new ProfileReader(bytes[4..]);
        var halfLife = reader.Integer();
        if (halfLife <= 0) throw new ProfileFormatException("The half-life is not positive.");
        var decay = new ExponentialDecay(TimeSpan.FromTicks(halfLife), reader.Integer());
        var lastUpdate = new Instant(reader.Integer());
        var largest = version == 1 ? new Resources(0, reader.Integer()) : reader.Resources();
        var branch = reader.Moments();
        var dependencies = version == 1 ? new DependencyBook() : reader.Dependencies();
        var outcomes = new OutcomeStatistics[StageProfile.CauseCount];
        for (var n = reader.Size(StageProfile.CauseCount); n > 0; n--)
        {
            outcomes[reader.Size(StageProfile.CauseCount - 1)] = new OutcomeStatistics(reader.Integer(), reader.Moments());
        }

        var measures = new MeasureStatistics[Measures.Count];
        for (var i = 0; i < measures.Length; i++) measures[i] = new MeasureStatistics(decay.HalfLife);
        foreach (var measure in measures) measure.MoveTo(decay, 1);
        for (var n = reader.Size(Measures.Count); n > 0; n--)
        {
            var measure = reader.Size(Measures.Count - 1);
            var histogram = reader.Histogram(decay);
            measures[measure] = new MeasureStatistics(histogram, reader.Moments(), reader.SizeDependence());
        }

        var sizing = reader.Sizing();
        if (!reader.AtEnd) throw new ProfileFormatException("There are bytes after the end of the profile.");
        return new StageProfile(decay, measures, outcomes, branch, dependencies, largest, lastUpdate, sizing);
    }

    private static byte[] Write(StageProfile profile, int maximumBuckets)
    {
        var writer = new ProfileWriter();
        writer.Raw(Magic);
        writer.Raw([Version]);
        writer.Integer(profile.HalfLife.Ticks);
        writer.Integer(profile.Decay.Landmark);
        writer.Integer(profile.LastUpdate.Ticks);
        writer.Resources(profile.Largest);
        writer.Moments(profile.Branch);
        writer.Dependencies(profile.Dependencies);

        var causes = Enumerable.Range(0, StageProfile.CauseCount).Where(c => profile.Outcome((AttemptCause)c).Count > 0).ToList();
        writer.Integer(causes.Count);
        foreach (var cause in causes)
        {
            var outcome = profile.Outcome((AttemptCause)cause);
            writer.Integer(cause);
            writer.Integer(outcome.Count);
            writer.Moments(outcome.WallSeconds);
        }

        var measures = Enumerable.Range(0, Measures.Count).Where(m => !profile[(Measure)m].IsEmpty).ToList();
        writer.Integer(measures.Count);
        foreach (var measure in measures)
        {
            var statistics = profile[(Measure)measure];
            writer.Integer(measure);
            writer.Histogram(statistics.Histogram, maximumBuckets);
            writer.Moments(statistics.Moments);
            writer.SizeDependence(statistics.SizeDependence);
        }

        writer.Sizing(profile.MemorySizing);
        return writer.ToArray();
    }
}

/// <summary>Appends the parts of a stored profile.</summary>
internal sealed class ProfileWriter
{
    /// <summary>The heaviest bucket is stored as this; one lighter than half a step is forgotten.</summary>
    internal const int FullWeight = 16383;

    private readonly List<byte> _bytes = new(2048);

    internal void Raw(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    internal void Integer(long value)
    {
        var rest = (ulong)(value << 1) ^ (ulong)(value >> 63);
        for (; rest >= 0x80; rest >>= 7) _bytes.Add((byte)(rest | 0x80));
        _bytes.Add((byte)rest);
    }

    internal void Double(double value)
    {
        Span<byte> buffer = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(buffer, value);
        Raw(buffer);
    }

    internal void Single(double value)
    {
        Span<byte> buffer = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(buffer, (float)value);
        Raw(buffer);
    }

    internal void Resources(in Resources resources)
    {
        for (var kind = ResourceKind.Cpu; kind <= ResourceKind.Disk; kind++) Integer(resources[kind]);
    }

    internal void Dependencies(IReadOnlyDictionary<string, DependencyStatistics> dependencies)
    {
        Integer(dependencies.Count);
        foreach (var (stage, statistics) in dependencies)
        {
            var name = Encoding.UTF8.GetBytes(stage);
            Integer(name.Length);
            Raw(name);
            Integer(statistics.Count);
            Moments(statistics.AloneSeconds);
        }
    }

    internal void Moments(in DecayingMoments moments)
    {
        Double(moments.Weight);
        if (!(moments.Weight > 0)) return;
        Double(moments.Mean);
        Double(moments.Squares);
    }

    internal void SizeDependence(in SizeDependence dependence)
    {
        Integer(dependence.Count);
        if (dependence.Count == 0) return;

        // Sums are stored per unit of weight, so that single precision never overflows.
        var weight = dependence.Weight > 0 ? dependence.Weight : 1;
        Double(dependence.Weight);
        Single(dependence.MeanX);
        Single(dependence.MeanY);
        Single(dependence.Sxx / weight);
        Single(dependence.Sxy / weight);
        Single(dependence.LineError / weight);
        Single(dependence.PlainError / weight);
    }

    internal void Histogram(DecayingHistogram histogram, int maximumBuckets)
    {
        var buckets = Buckets(histogram, maximumBuckets);
        var heaviest = histogram.ZeroWeight;
        foreach (var (_, weight) in buckets) heaviest = Math.Max(heaviest, weight);
        var quanta = heaviest > 0 ? FullWeight / heaviest : 0;
        var kept = buckets.Select(b => (b.Index, Quantum: (int)Math.Round(b.Weight * quanta))).Where(b => b.Quantum > 0).ToList();

        Integer(histogram.Count);
        Double(histogram.Minimum);
        Double(histogram.Maximum);
        Double(heaviest);
        Integer((int)Math.Round(histogram.ZeroWeight * quanta));
        Integer(kept.Count);
        var next = 0;
        foreach (var (index, quantum) in kept)
        {
            // Neighbours, the usual case, need no index of their own.
            var gap = index != next;
            Integer(quantum * 2 + (gap ? 1 : 0));
            if (gap) Integer(index - next);
            next = index + 1;
        }
    }

    /// <summary>The latest tasks with the first signal, which in a live pool is the only one.</summary>
    internal void Sizing(MemorySizer sizer)
    {
        var history = sizer.History;
        Integer(history.Seen);
        if (history.Seen == 0) return;
        Double(history.LongestSeconds);
        Double(history.LargestBytes);
        Double(sizer.Margin);
        Integer(sizer.Waste.Length);
        foreach (var waste in sizer.Waste) Double(waste);
        var hasSignal = Enumerable.Range(0, history.Count).Any(i => !double.IsNaN(history[i].LogSignal(0)));
        Integer(hasSignal ? 1 : 0);
        Integer(history.Count);
        for (var i = 0; i < history.Count; i++)
        {
            Logarithm(Math.Log(history[i].MemoryBytes));
            Logarithm(Math.Log(history[i].Seconds));
            if (hasSignal) Logarithm(history[i].LogSignal(0));
        }
    }

    /// <summary>A natural logarithm from -20 to 50 in 16 bits, exact to 0.06 %; 0 where unknown.</summary>
    private void Logarithm(double value)
    {
        var step = double.IsNaN(value) ? 0 : (ushort)Math.Clamp(Math.Round((value + 20) / LogarithmStep), 1, ushort.MaxValue);
        Raw([(byte)step, (byte)(step >> 8)]);
    }

    internal const double LogarithmStep = 70.0 / ushort.MaxValue;

    internal byte[] ToArray() => [.. _bytes];

    /// <summary>The occupied buckets; where there are too many, 2, 4, 8, … neighbours are stored as their uppermost one.</summary>
    private static List<(int Index, double Weight)> Buckets(DecayingHistogram histogram, int maximum)
    {
        for (var width = 1; ; width *= 2)
        {
            var buckets = new List<(int Index, double Weight)>();
            for (var i = 0; i < histogram.Weights.Length; i++)
            {
                var weight = histogram.Weights[i];
                if (!(weight > 0)) continue;
                var index = (int)Math.Floor((histogram.FirstIndex + i) / (double)width) * width + width - 1;
                if (buckets.Count > 0 && buckets[^1].Index == index) buckets[^1] = (index, buckets[^1].Weight + weight);
                else buckets.Add((index, weight));
            }

            if (buckets.Count <= maximum) return buckets;
        }
    }
}

/// <summary>Takes the parts of a stored profile, checking every bound.</summary>
internal ref struct ProfileReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bucket indices stay within this: 1.05^2000 is far past every bound of a histogram.</summary>
    private const int MaximumIndex = 2000;

    private ReadOnlySpan<byte> _rest = bytes;

    internal readonly bool AtEnd => _rest.IsEmpty;

    internal long Integer()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }

        throw new ProfileFormatException("A number in the profile has no end.");
    }

    internal int Size(int maximum) => Integer() is >= 0 and var value && value <= maximum
        ? (int)value
        : throw new ProfileFormatException($"A count in the profile is outside 0 to {maximum}.");

    internal double Double() => Finite(BinaryPrimitives.ReadDoubleLittleEndian(Take(8)));

    internal double Single() => Finite(BinaryPrimitives.ReadSingleLittleEndian(Take(4)));

    internal Resources Resources()
    {
        var resources = Model.Resources.Zero;
        for (var kind = ResourceKind.Cpu; kind <= ResourceKind.Disk; kind++) resources = resources.With(kind, Integer());
        return resources.IsNonNegative ? resources : throw new ProfileFormatException("The largest use of a resource is negative.");
    }

    internal DependencyBook Dependencies()
    {
        var book = new DependencyBook();
        for (var n = Size(DependencyBook.MaximumStages); n > 0; n--)
        {
            var name = Encoding.UTF8.GetString(Take(Size(DependencyBook.MaximumNameBytes)));
            book.Restore(name, new DependencyStatistics(Integer(), Moments()));
        }

        return book;
    }

    internal DecayingMoments Moments()
    {
        var weight = Double();
        return weight > 0 ? new DecayingMoments(weight, Double(), Double()) : default;
    }

    internal SizeDependence SizeDependence()
    {
        var count = Integer();
        if (count == 0) return default;
        var weight = Double();
        return new SizeDependence(count, weight, Single(), Single(), Single() * weight, Single() * weight, Single() * weight, Single() * weight);
    }

    internal DecayingHistogram Histogram(in ExponentialDecay decay)
    {
        var count = Integer();
        var (minimum, maximum, quantum) = (Double(), Double(), Double() / ProfileWriter.FullWeight);
        var zero = Size(ProfileWriter.FullWeight) * quantum;
        var buckets = new (int Index, double Weight)[Size(2 * MaximumIndex)];
        var next = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            var stored = Size(ProfileWriter.FullWeight * 2 + 1);
            var gap = (stored & 1) == 0 ? 0 : Integer();
            if (Math.Abs(gap) > 2 * MaximumIndex || (i > 0 && gap < 0)) throw new ProfileFormatException("The buckets of a histogram are out of order.");
            buckets[i] = (next + (int)gap, (stored >> 1) * quantum);
            next = buckets[i].Index + 1;
        }

        if (buckets.Length > 0 && (buckets[0].Index < -MaximumIndex || buckets[^1].Index > MaximumIndex)) throw new ProfileFormatException("A bucket of a histogram is out of range.");
        var first = buckets.Length > 0 ? buckets[0].Index : 0;
        var weights = new double[buckets.Length > 0 ? buckets[^1].Index - first + 1 : 0];
        foreach (var (index, weight) in buckets) weights[index - first] = weight;
        var histogram = new DecayingHistogram(decay.HalfLife);
        histogram.Restore(decay, count, minimum, maximum, zero, first, weights);
        return histogram;
    }

    internal MemorySizer Sizing()
    {
        const int MaximumTasks = 4096;
        var sizer = new MemorySizer();
        var seen = Integer();
        if (seen <= 0) return sizer;
        var (longest, largest, margin) = (Double(), Double(), Double());
        var waste = new double[Size(16)];
        for (var i = 0; i < waste.Length; i++) waste[i] = Double();
        var hasSignal = Size(1) == 1;
        for (var n = Size(MaximumTasks); n > 0; n--)
        {
            var (memory, seconds, signal) = (Logarithm(), Logarithm(), hasSignal ? Logarithm() : double.NaN);
            if (double.IsNaN(memory) || double.IsNaN(seconds)) throw new ProfileFormatException("A task in the profile has no memory or no duration.");
            SizeSignal[] signals = double.IsNaN(signal) ? [] : [new SizeSignal(StageProfile.InputSignal, Math.Exp(signal))];
            sizer.History.Add(Math.Exp(memory), Math.Exp(seconds), signals);
        }

        sizer.History.Restore(seen, longest, largest);
        sizer.Restore(margin, waste);
        return sizer;
    }

    private double Logarithm() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2)) is > 0 and var step ? step * ProfileWriter.LogarithmStep - 20 : double.NaN;

    private static double Finite(double value) => double.IsFinite(value) ? value : throw new ProfileFormatException("A figure in the profile is not finite.");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count) throw new ProfileFormatException("The profile is cut short.");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
