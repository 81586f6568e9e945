using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Tests.Profiling;

public class StageProfileTests
{
    private static readonly Instant Noon = Instant.FromUnixSeconds(1_700_000_000);

    [Fact]
    public void Every_measure_of_a_success_is_learnt()
    {
        var profile = new StageProfile();
        profile.Record(Success(Noon, seconds: 4, cpuSeconds: 2, memory: 300_000_000, read: 1_000_000, write: 50_000_000, received: 10_000_000, sent: 10_000_000));
        Assert.Equal(4, profile.ExecutionSeconds.Mean);
        Assert.Equal(0.5, profile.CpuCores.Mean);
        Assert.Equal(300_000_000, profile.MemoryPeakBytes.Peak);
        Assert.Equal(50_000_000, profile[Measure.DiskWriteBytes].Mean);
        Assert.Equal(5_000_000, profile[Measure.NetworkBytesPerSecond].Mean);
        Assert.Equal(new Resources(500, 250_000_000, 5_000_000, 12_750_000), profile.Sustained(0.95));
        Assert.Equal(1, profile.Outcome(AttemptCause.Succeeded).Count);
    }

    [Fact]
    public void A_figure_that_was_not_measured_is_not_zero()
    {
        var profile = new StageProfile();
        profile.Record(new AttemptRecord(Noon, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromSeconds(1) }));
        Assert.True(profile[Measure.NetworkSentBytes].IsEmpty);
        Assert.True(double.IsNaN(profile.CpuCores.Mean));
    }

    [Fact]
    public void A_failure_counts_but_does_not_say_what_the_stage_takes()
    {
        var profile = new StageProfile();
        profile.Record(Success(Noon, seconds: 10, memory: 100));
        profile.Record(Success(Noon, seconds: 1, memory: 900) with { Cause = AttemptCause.OutOfMemory });
        Assert.Equal(10, profile.ExecutionSeconds.Mean);
        Assert.Equal(100, profile.MemoryPeakBytes.Peak);
        Assert.Equal(900, profile.LargestMemoryBytes);
        Assert.Equal(1, profile.Outcome(AttemptCause.OutOfMemory).Count);
        Assert.Equal(1, profile.Outcome(AttemptCause.OutOfMemory).WallSeconds.Mean);
        Assert.Equal(2, profile.Attempts);
    }

    [Fact]
    public void A_refused_record_leaves_no_trace()
    {
        var profile = new StageProfile();
        var bad = Success(Noon, seconds: 1) with { Usage = new AttemptUsage { WallTime = TimeSpan.FromSeconds(1), CpuSeconds = double.NaN } };
        Assert.Throws<ArgumentOutOfRangeException>(() => profile.Record(bad));
        Assert.Equal(0, profile.Attempts);
        Assert.True(profile.ExecutionSeconds.IsEmpty);
        var book = new ProfileBook();
        Assert.Throws<ArgumentOutOfRangeException>(() => book.Record(new StageId("w", "s"), "big", bad));
        Assert.Empty(book.Profiles);
    }

    [Fact]
    public void Branch_and_fan_out_are_learnt()
    {
        var profile = new StageProfile();
        Assert.Equal(1, profile.BranchProbability);
        for (var i = 0; i < 10; i++) profile.RecordBranch(i < 3, Noon);
        profile.RecordFanOut(8, Noon);
        profile.RecordFanOut(12, Noon);
        Assert.Equal(0.3, profile.BranchProbability, 1e-12);
        Assert.Equal(10, profile.FanOut.Mean);
    }

    [Fact]
    public void Mean_and_variance_are_those_of_the_decayed_sample() =>
        Gen.Select(Gen.Double[1, 1000], Gen.Int[0, 200]).Array[2, 50].Sample(observations =>
        {
            var profile = new StageProfile();
            foreach (var (seconds, hours) in observations) profile.Record(Success(Noon + TimeSpan.FromHours(hours), seconds));
            var weights = observations.Select(o => Math.Pow(2, o.Item2 / 24.0)).ToArray();
            var values = observations.Select(o => TimeSpan.FromSeconds(o.Item1).TotalSeconds).ToArray();
            var mean = values.Zip(weights, (v, w) => v * w).Sum() / weights.Sum();
            var variance = values.Zip(weights, (v, w) => w * (v - mean) * (v - mean)).Sum() / weights.Sum();
            Assert.Equal(mean, profile.ExecutionSeconds.Mean, mean * 1e-9);
            Assert.Equal(variance, profile.ExecutionSeconds.Variance, variance * 1e-6 + 1e-6);
        });

    [Fact]
    public void A_stored_profile_comes_back() =>
        Gen.Int[0, 300].SelectMany(n => Gen.ULong.Select(seed => (n, seed))).Sample((n, seed) =>
        {
            var profile = Random(n, (int)(seed % int.MaxValue));
            var bytes = profile.ToBytes();
            var back = StageProfile.FromBytes(bytes);
            // Weights are rounded to steps and sums to single precision: a second storing may move the last digit, not the size.
            Assert.InRange(back.ToBytes().Length, bytes.Length - 8, bytes.Length + 8);
            Assert.Equal(profile.Attempts, back.Attempts);
            Assert.Equal(profile.ExecutionSeconds.Mean, back.ExecutionSeconds.Mean);
            Assert.Equal(profile.BranchProbability, back.BranchProbability);
            Assert.Equal(profile.MemoryPeakBytes.Count, back.MemoryPeakBytes.Count);

            // Where every attempt failed there is no peak to compare: both are NaN.
            if (profile.MemoryPeakBytes.Count == 0) return;
            Assert.Equal(profile.MemoryPeakBytes.Quantile(0.9), back.MemoryPeakBytes.Quantile(0.9), profile.MemoryPeakBytes.Quantile(0.9) * 0.05);
            Assert.Equal(profile.MemoryPeakBytes.Predict(1e6), back.MemoryPeakBytes.Predict(1e6), profile.MemoryPeakBytes.Predict(1e6) * 1e-3);
        }, iter: 50);

    [Fact]
    public void The_widest_profile_is_stored_in_8_KB()
    {
        var profile = Random(20_000, 1, wide: true);
        var bytes = profile.ToBytes();
        Assert.InRange(bytes.Length, 4096, StageProfileFormat.MaximumBytes);
        var back = StageProfile.FromBytes(bytes);
        Assert.Equal(bytes, back.ToBytes());
        Assert.Equal(profile.ExecutionSeconds.Quantile(0.5), back.ExecutionSeconds.Quantile(0.5), profile.ExecutionSeconds.Quantile(0.5) * 0.5);
    }

    [Fact]
    public void Bytes_that_are_no_profile_are_refused_in_words()
    {
        var bytes = Random(50, 5).ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<ProfileFormatException>(() => StageProfile.FromBytes(bytes.AsSpan(0, length)));
        }

        var newer = (byte[])bytes.Clone();
        newer[3] = 200;
        Assert.Contains("format 200", Assert.Throws<ProfileFormatException>(() => StageProfile.FromBytes(newer)).Message);
    }

    [Fact]
    public void Damaged_bytes_never_do_worse_than_being_refused()
    {
        var bytes = Random(50, 5).ToBytes();
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] = value;
            try { StageProfile.FromBytes(damaged).ToBytes(); }
            catch (ProfileFormatException) { }
        });
    }

    [Fact]
    public void Merging_parts_equals_recording_the_whole()
    {
        var (whole, left, right) = (new StageProfile(), new StageProfile(), new StageProfile());
        var random = new Random(11);
        for (var i = 0; i < 500; i++)
        {
            var attempt = Success(Noon + TimeSpan.FromHours(random.Next(100)), 1 + random.NextDouble() * 100, memory: random.Next(1, 1 << 30));
            whole.Record(attempt);
            (i % 3 == 0 ? left : right).Record(attempt);
        }

        left.Merge(right);
        Assert.Equal(whole.Attempts, left.Attempts);
        Assert.Equal(whole.ExecutionSeconds.Mean, left.ExecutionSeconds.Mean, 1e-9);
        Assert.Equal(whole.ExecutionSeconds.Variance, left.ExecutionSeconds.Variance, 1e-6);
        Assert.Equal(whole.MemoryPeakBytes.Quantile(0.95), left.MemoryPeakBytes.Quantile(0.95), 1);
        Assert.Throws<ArgumentException>(() => left.Merge(new StageProfile(TimeSpan.FromHours(1))));
    }

    [Fact]
    public void Merging_in_any_order_and_grouping_gives_the_same()
    {
        StageProfile Sum(params int[] parts)
        {
            var sum = new StageProfile();
            foreach (var part in parts) sum.Merge(Random(200, part));
            return sum;
        }

        var (forth, back) = (Sum(1, 2, 3), Sum(3, 1, 2));
        var nested = Random(200, 1);
        nested.Merge(Sum(2, 3));
        foreach (var other in new[] { back, nested })
        {
            Assert.Equal(forth.Attempts, other.Attempts);
            Assert.Equal(forth.Largest, other.Largest);
            Assert.Equal(forth.Dependencies.Select(d => (d.Key, d.Value.Count)), other.Dependencies.Select(d => (d.Key, d.Value.Count)));
            foreach (var measure in Enum.GetValues<Measure>())
            {
                Assert.Equal(forth[measure].Count, other[measure].Count);
                Assert.Equal(forth[measure].Mean, other[measure].Mean, forth[measure].Mean * 1e-9);
                Assert.Equal(forth[measure].Quantile(0.9), other[measure].Quantile(0.9), forth[measure].Quantile(0.9) * 1e-9);
            }
        }
    }

    [Fact]
    public void An_update_costs_the_same_memory_after_a_hundred_thousand_as_after_a_thousand()
    {
        var attempts = new AttemptRecord[100_000];
        var random = new Random(4);
        for (var i = 0; i < attempts.Length; i++) attempts[i] = Success(Noon + TimeSpan.FromSeconds(i), 1 + (random.NextDouble() * 100), memory: random.Next(1, 1 << 30));
        var profile = new StageProfile();
        foreach (var attempt in attempts.AsSpan(0, 50_000)) profile.Record(attempt);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var attempt in attempts.AsSpan(50_000)) profile.Record(attempt);
        // Now and then the estimators of memory are refitted on a window of fixed length; nothing grows with the attempts seen.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 50_000, 0, 512);
        Assert.InRange(profile.ToBytes().Length, 1, StageProfileFormat.MaximumBytes);
    }

    [Fact]
    public void Peaks_of_the_running_are_maxima_however_often_they_are_told()
    {
        var profile = new StageProfile();
        for (var i = 0; i < 3; i++) profile.RecordRunning(new Resources(2000, 700, 5, 0), Noon);
        profile.RecordRunning(new Resources(100, 900), Noon + TimeSpan.FromSeconds(1));
        Assert.Equal(new Resources(2000, 900, 5, 0), profile.Largest);
        Assert.Equal(0, profile.Attempts);
        var back = StageProfile.FromBytes(profile.ToBytes());
        Assert.Equal(profile.Largest, back.Largest);
        Assert.Equal(profile.LastUpdate, back.LastUpdate);
        back.Merge(profile);
        Assert.Equal(profile.Largest, back.Largest);
        Assert.Throws<ArgumentOutOfRangeException>(() => profile.RecordRunning(new Resources(-1, 0), Noon));
    }

    [Fact]
    public void Waits_for_other_stages_decay_merge_and_come_back()
    {
        var profile = new StageProfile();
        profile.RecordReleasedBy("extract", TimeSpan.FromSeconds(2), Noon);
        profile.RecordReleasedBy("load", TimeSpan.FromSeconds(8), Noon);
        profile.RecordReleasedBy("load", TimeSpan.FromSeconds(5), Noon + TimeSpan.FromHours(24));
        Assert.Equal(6, profile.Dependencies["load"].AloneSeconds.Mean, 1e-9);
        var back = StageProfile.FromBytes(profile.ToBytes());
        Assert.Equal(["extract", "load"], back.Dependencies.Keys);
        Assert.Equal(2, back.Dependencies["load"].Count);
        Assert.Equal(6, back.Dependencies["load"].AloneSeconds.Mean, 1e-9);
        back.Merge(profile);
        Assert.Equal(4, back.Dependencies["load"].Count);
        Assert.Equal(6, back.Dependencies["load"].AloneSeconds.Mean, 1e-9);
    }

    [Fact]
    public void A_profile_stored_by_format_1_is_read()
    {
        const string FormatOne =
            "RkZQAYCAzqalMrazAoCA9JKe2rI8gJC8/QIAAAAAAAAAAAQABvb1PK+AzBZAAAAAAAAACEBInabpAGYOQAYCSJ2m6QBm/j8AAAAAAAAUQAAAAAAAAAAACgAGAAAAAAAAAEAAAAAAAAAQQEidpukAZv4/"
            + "AAb+/wMc/v8DDv7/Awr29TyvgMwWQAAAAAAAAAhASJ2m6QBmDkAABgYAAAAAAADwPwAAAAAAAPA/9vU8r4DMFkAAAvz/A/b1PK+AzBZAAAAAAAAA8D8AAAAAAAAAAAAIBgAAAAAAANA/AAAAAAAA4D9I"
            + "nabpAGb+PwAG/v8DOf7/Awr+/wMO9vU8r4DMFkDHcRzHcRzXP1Ix3NU5hq8/AA4GAAAAAITXl0EAAAAAo+GxQUidpukAZv4/AAb+/wPyBf7/Axr+/wMQ9vU8r4DMFkAAAAAAhNenQYtbeDjh32BDACIC"
            + "AAAAAAAACEAAAAAAAAAIQEidpukAZv4/AAL+/wMsSJ2m6QBm/j8AAAAAAAAIQAAAAAAAAAAAAAYAAAAAAAAQQAAAAACE17dBAAAAAAAAAAAG2l8NalQQyEHaXw1qVBDIQdpfDWpUEMhBAAaCjK1LC48p"
            + "TYeQNk4=";
        var profile = StageProfile.FromBytes(Convert.FromBase64String(FormatOne));
        Assert.Equal(4, profile.Attempts);
        Assert.Equal(3, profile.ExecutionSeconds.Mean, 1e-9);
        Assert.Equal(new Resources(0, 400_000_000), profile.Largest);
        Assert.Equal(3, profile.FanOut.Mean);
        Assert.Empty(profile.Dependencies);
        Assert.Equal(StageProfileFormat.Version, profile.ToBytes()[3]);
    }

    [Fact]
    public void A_clone_goes_its_own_way()
    {
        var profile = Random(10, 3);
        var before = profile.ToBytes();
        var clone = profile.Clone();
        Assert.Equal(before, clone.ToBytes());
        clone.Record(Success(Noon, 1e6, memory: 1));
        clone.RecordBranch(false, Noon);
        clone.RecordReleasedBy("other", TimeSpan.Zero, Noon);
        Assert.Equal(before, profile.ToBytes());
    }

    [Fact]
    public void A_stage_new_to_a_node_class_is_planned_with_what_others_know()
    {
        var book = new ProfileBook();
        var stage = new StageId("w", "s");
        for (var i = 0; i < 20; i++) book.Record(stage, "small", Success(Noon, 100));
        for (var i = 0; i < 9; i++) book.Record(stage, "big", Success(Noon, 10));
        Assert.Equal(29, book.Best(stage, "big")!.ExecutionSeconds.Count);
        book.Record(stage, "big", Success(Noon, 10));
        Assert.Equal(10, book.Best(stage, "big")!.ExecutionSeconds.Count);
        Assert.Equal(30, book.Best(stage)!.ExecutionSeconds.Count);
        Assert.Null(book.Best(new StageId("w", "t")));
    }

    private static StageProfile Random(int attempts, int seed, bool wide = false)
    {
        var random = new Random(seed);
        var profile = new StageProfile();
        var spread = wide ? 20 : 2;
        double Draw(double scale) => scale * Math.Exp(spread * (random.NextDouble() - 0.5));
        for (var i = 0; i < attempts; i++)
        {
            var at = Noon + TimeSpan.FromMinutes(random.Next(5000));
            profile.Record(Success(at, Draw(60), Draw(100), (long)Draw(1e9), (long)Draw(1e8), (long)Draw(1e8), (long)Draw(1e8), (long)Draw(1e8), (long)Draw(1e9)) with
            {
                Cause = random.Next(10) == 0 ? AttemptCause.ExitCode : AttemptCause.Succeeded,
                StartUp = TimeSpan.FromSeconds(Draw(10)),
                Queue = TimeSpan.FromSeconds(Draw(10)),
            });
            profile.RecordFanOut((long)Draw(1e6), at);
            profile.RecordBranch(random.Next(3) == 0, at);
            // Where it is wide: more, and of longer names, than a stored profile has room for.
            profile.RecordReleasedBy(new string((char)('a' + random.Next(wide ? 20 : 10)), wide ? 90 : 5), TimeSpan.FromSeconds(Draw(3)), at);
        }

        return profile;
    }

    private static AttemptRecord Success(
        Instant at, double seconds, double cpuSeconds = 1, long memory = 1000, long read = 10, long write = 20, long received = 30, long sent = 40, long input = 5) =>
        new(at, AttemptCause.Succeeded, new AttemptUsage
        {
            WallTime = TimeSpan.FromSeconds(seconds),
            CpuSeconds = cpuSeconds,
            CpuPeakCores = cpuSeconds / 2,
            MemoryPeakBytes = memory,
            MemoryMeanBytes = memory / 1.2,
            DiskReadBytes = read,
            DiskWriteBytes = write,
            DiskPeakBytesPerSecond = write,
            NetworkReceivedBytes = received,
            NetworkSentBytes = sent,
            NetworkPeakBytesPerSecond = sent,
            InputBytes = input,
        });
}
