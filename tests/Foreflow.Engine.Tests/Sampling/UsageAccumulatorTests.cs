using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Sampling;

public sealed class UsageAccumulatorTests
{
    private static UsageSample At(double seconds, double? cpu, long? memory = null, long? written = null, long? sent = null) =>
        new(Instant.FromUnixSeconds(seconds), cpu, memory, memory, null, written, null, sent);

    [Fact]
    public void Peaks_are_between_samples_and_totals_are_the_last()
    {
        var usage = new UsageAccumulator(Instant.FromUnixSeconds(0));
        usage.Add(At(1, 0.5, 100, 1000));
        usage.Add(At(2, 2.5, 300, 9000));
        usage.Add(At(3, 2.6, 200, 9000));
        var whole = usage.Finish(At(3.1, 2.7, 0, 9500), TimeSpan.FromSeconds(3.1), 77);

        Assert.Equal(2.7, whole.CpuSeconds);
        Assert.Equal(2, whole.CpuPeakCores!.Value, 9);
        Assert.Equal((300, 200), (whole.MemoryPeakBytes!.Value, whole.MemoryMeanBytes!.Value));
        Assert.Equal((9500, 8000), (whole.DiskWriteBytes!.Value, whole.DiskPeakBytesPerSecond!.Value));
        Assert.Equal(77, whole.InputBytes);
    }

    [Fact]
    public void What_is_never_told_stays_unknown()
    {
        var usage = new UsageAccumulator(Instant.FromUnixSeconds(0));
        usage.Add(At(1, 1));
        var whole = usage.Finish(At(2, null), TimeSpan.FromSeconds(2), null);

        Assert.Equal(1, whole.CpuSeconds);
        Assert.Null(whole.MemoryPeakBytes);
        Assert.Null(whole.MemoryMeanBytes);
        Assert.Null(whole.NetworkSentBytes);
        Assert.Null(whole.NetworkPeakBytesPerSecond);
    }

    [Fact]
    public void Totals_never_fall_and_short_windows_make_no_peak()
    {
        var usage = new UsageAccumulator(Instant.FromUnixSeconds(0));
        usage.Add(At(0.01, 0.4));
        usage.Add(At(0.02, 0.2));
        var whole = usage.Finish(At(0.03, 0.1), TimeSpan.FromSeconds(0.03), null);

        Assert.Equal(0.4, whole.CpuSeconds);
        Assert.Null(whole.CpuPeakCores);
    }
}
