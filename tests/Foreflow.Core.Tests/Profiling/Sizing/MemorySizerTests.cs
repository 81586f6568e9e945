using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Profiling.Sizing;

namespace Foreflow.Core.Tests.Profiling.Sizing;

public class MemorySizerTests
{
    private const double GB = 1e9;
    private static readonly SizingRequest Request = new() { PresetBytes = 16_000_000_000, CapBytes = 64_000_000_000 };

    [Fact]
    public void Knowing_nothing_it_grants_most_of_a_large_preset_all_of_a_small_one_and_never_more_than_the_cap()
    {
        Assert.Equal(14_400_000_000, new MemorySizer().Decide(Request).Bytes);
        Assert.Equal(999_000_000, new MemorySizer().Decide(Request with { PresetBytes = 999_000_000 }).Bytes);
        Assert.Equal(4_000_000_000, new MemorySizer().Decide(Request with { CapBytes = 4_000_000_000 }).Bytes);
        Assert.Equal(4_000_000_000, new MemorySizer().Decide(Request with { PresetBytes = 0, CapBytes = 4_000_000_000 }).Bytes);
    }

    [Fact]
    public void Once_a_first_task_was_killed_for_memory_the_others_get_the_whole_preset()
    {
        var sizer = new MemorySizer();
        sizer.RecordOutOfMemory(14_400_000_000, wasFirst: true);
        Assert.Equal(16_000_000_000, sizer.Decide(Request).Bytes);
    }

    [Fact]
    public void The_more_alike_tasks_it_has_seen_the_closer_the_grant_is_to_their_need()
    {
        var sizer = new MemorySizer();
        var grants = new List<long>();
        for (var n = 1; n <= 64; n++)
        {
            sizer.Record(4 * GB, 100, Request);
            grants.Add(sizer.Decide(Request).Bytes);
        }

        Assert.All(grants, g => Assert.InRange(g, 4 * GB, 16 * GB));
        Assert.InRange(grants[1], 5 * GB, 8 * GB);
        Assert.InRange(grants[7], 4.2 * GB, 5 * GB);
        Assert.InRange(grants[63], 4 * GB, 4.2 * GB);
    }

    [Fact]
    public void Grants_are_enough_for_nearly_all_and_waste_little_when_needs_vary()
    {
        var random = new Random(5);
        var sizer = new MemorySizer();
        var (misses, granted, used) = (0, 0.0, 0.0);
        for (var i = 0; i < 600; i++)
        {
            var need = 4 * GB * Math.Exp(0.15 * (random.NextDouble() + random.NextDouble() - 1) * 2.4);
            var grant = sizer.Decide(Request).Bytes;
            if (i >= 100) (misses, granted, used) = (misses + (grant < need ? 1 : 0), granted + grant, used + need);
            sizer.Record(need, 100, Request, grant >= need);
        }

        Assert.InRange(misses, 0, 25);
        Assert.InRange(granted / used, 1, 1.35);
    }

    [Fact]
    public void A_larger_input_is_granted_more_where_memory_grows_with_it()
    {
        var sizer = new MemorySizer();
        for (var i = 0; i < 60; i++) Learn(sizer, size: 1 + i % 10, need: size => 0.8 * GB * size);
        var small = sizer.Decide(Request with { Signals = [new SizeSignal("input", 2)] });
        var large = sizer.Decide(Request with { Signals = [new SizeSignal("input", 9)] });
        Assert.Equal("similar-input", small.Estimator);
        Assert.InRange(small.Bytes, 1.6 * GB, 2.4 * GB);
        Assert.InRange(large.Bytes, 7.2 * GB, 9 * GB);
        Assert.InRange(sizer.Decide(Request with { Signals = [new SizeSignal("input", 20)] }).Bytes, 16 * GB, 25 * GB);
    }

    [Fact]
    public void The_first_task_already_warns_of_a_much_larger_one()
    {
        var sizer = new MemorySizer();
        Learn(sizer, 1, size => 0.3 * GB * size);
        Assert.True(sizer.Decide(Request with { Signals = [new SizeSignal("input", 6)] }).Bytes > 1.8 * GB);
    }

    [Fact]
    public void The_signal_that_predicts_is_found_among_those_that_do_not()
    {
        var random = new Random(9);
        var sizer = new MemorySizer();
        SizeSignal[] Signals(double size) =>
            [new("noise", 1 + random.NextDouble() * 100), new("size", size), new("constant", 7), new("broken", double.NaN)];
        for (var i = 0; i < 60; i++)
        {
            var size = 1 + random.NextDouble() * 9;
            sizer.Record(0.8 * GB * size, 100, Request with { Signals = Signals(size) });
        }

        Assert.InRange(sizer.Decide(Request with { Signals = Signals(2) }).Bytes, 1.6 * GB, 2.6 * GB);
    }

    [Fact]
    public void Size_is_ignored_where_memory_does_not_grow_with_it()
    {
        var random = new Random(9);
        var sizer = new MemorySizer();
        for (var i = 0; i < 60; i++) Learn(sizer, 1 + random.NextDouble() * 9, _ => 4 * GB);
        Assert.InRange(sizer.Decide(Request with { Signals = [new SizeSignal("input", 100)] }).Bytes, 4 * GB, 4.5 * GB);
    }

    [Fact]
    public void After_a_shift_it_follows_the_recent_tasks()
    {
        var sizer = new MemorySizer();
        for (var i = 0; i < 80; i++) sizer.Record(10 * GB, 100, Request);
        for (var i = 0; i < 80; i++) sizer.Record(2 * GB, 100, Request);
        Assert.InRange(sizer.Decide(Request).Bytes, 2 * GB, 2.5 * GB);
    }

    [Fact]
    public void Running_tasks_that_have_outlasted_all_finished_ones_raise_the_grant()
    {
        var sizer = new MemorySizer();
        for (var i = 1; i <= 6; i++) sizer.Record(i * GB, 10 * i, Request);
        Assert.Equal(60, sizer.LongestSeconds);
        Assert.True(sizer.Decide(Request with { OlderSiblings = 30 }).Bytes > sizer.Decide(Request).Bytes);
    }

    [Fact]
    public void A_miss_raises_the_margin_and_hits_wear_it_off()
    {
        var sizer = new MemorySizer();
        for (var i = 0; i < 20; i++) sizer.Record(4 * GB, 100, Request, true);
        var before = sizer.Decide(Request).Bytes;
        sizer.RecordOutOfMemory(before, wasFirst: true);
        Assert.Equal(0.05, sizer.Margin, 1e-9);
        Assert.True(sizer.Decide(Request).Bytes > before);
        for (var i = 0; i < 50; i++) sizer.Record(4 * GB, 100, Request, true);
        Assert.InRange(sizer.Margin, 0, 0.001);
        Assert.True(sizer.LargestBytes >= before);
    }

    [Fact]
    public void Grants_lie_between_nothing_and_the_cap_whatever_was_seen() =>
        Gen.Select(Gen.Select(Gen.Double[1, 1e12], Gen.Double[0.001, 1e7], Gen.Double[0, 1e15]).Array[0, 40], Gen.Double[0, 1e15], Gen.Long[1, 1L << 42], Gen.Long[0, 1L << 42], Gen.Int[0, 100])
            .Sample((tasks, size, cap, preset, older) =>
            {
                var request = new SizingRequest { PresetBytes = preset, CapBytes = cap, OlderSiblings = older };
                var sizer = new MemorySizer();
                foreach (var (memory, seconds, input) in tasks) sizer.Record(memory, seconds, request with { Signals = [new SizeSignal("input", input)] });
                Assert.InRange(sizer.Decide(request with { Signals = [new SizeSignal("input", size)] }).Bytes, 1, cap);
            }, iter: 300);

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, double.PositiveInfinity)]
    public void Figures_that_are_no_measurement_are_refused(double memory, double seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemorySizer().Record(memory, seconds, Request));

    [Fact]
    public void A_profile_carries_its_sizer_through_storage_and_merging()
    {
        var profile = new StageProfile();
        for (var i = 0; i < 40; i++) profile.Record(Attempt(1 + i % 8));
        var back = StageProfile.FromBytes(profile.ToBytes());
        var request = Request with { Signals = [new SizeSignal(StageProfile.InputSignal, 5e6)] };
        var grant = profile.MemorySizing.Decide(request);
        Assert.Equal("similar-input", grant.Estimator);
        Assert.InRange(back.MemorySizing.Decide(request).Bytes, grant.Bytes * 0.98, grant.Bytes * 1.02);
        var merged = new StageProfile();
        merged.Merge(profile);
        Assert.InRange(merged.MemorySizing.Decide(request).Bytes, grant.Bytes * 0.98, grant.Bytes * 1.02);
        Assert.Equal(40, merged.MemorySizing.Seen);
    }

    private static AttemptRecord Attempt(int size) => new(Instant.Epoch, AttemptCause.Succeeded, new AttemptUsage
    {
        WallTime = TimeSpan.FromSeconds(10),
        MemoryPeakBytes = size * 500_000_000L,
        InputBytes = size * 1_000_000L,
    });

    private static void Learn(MemorySizer sizer, double size, Func<double, double> need) =>
        sizer.Record(need(size), 100, Request with { Signals = [new SizeSignal("input", size)] });
}
