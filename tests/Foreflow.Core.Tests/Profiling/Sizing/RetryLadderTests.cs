using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Profiling.Sizing;

namespace Foreflow.Core.Tests.Profiling.Sizing;

public class RetryLadderTests
{
    private const long GB = 1_000_000_000;

    [Theory]
    [InlineData(AttemptCause.ExitCode)]
    [InlineData(AttemptCause.Timeout)]
    [InlineData(AttemptCause.NodeLost)]
    [InlineData(AttemptCause.Preempted)]
    public void Causes_other_than_memory_are_retried_at_the_same_size(AttemptCause cause) =>
        Assert.Equal(2 * GB, RetryLadder.Next(cause, 2 * GB, 1, 8 * GB, 16 * GB, 64 * GB));

    [Fact]
    public void The_ladder_grows_to_the_largest_seen_then_the_preset_then_doubles_to_the_cap()
    {
        long Next(long granted, int kills) => RetryLadder.Next(AttemptCause.OutOfMemory, granted, kills, 3 * GB, 16 * GB, 50 * GB);
        Assert.Equal(3 * GB, Next(2 * GB, 1));
        Assert.Equal(16 * GB, Next(3 * GB, 2));
        Assert.Equal(32 * GB, Next(16 * GB, 3));
        Assert.Equal(50 * GB, Next(32 * GB, 4));
    }

    [Fact]
    public void Growth_is_a_fifth_or_100_MB_whichever_is_more()
    {
        Assert.Equal(200_000_000, RetryLadder.Next(AttemptCause.OutOfMemory, 100_000_000, 1, 0, 0, GB));
        Assert.Equal(12 * GB, RetryLadder.Next(AttemptCause.OutOfMemory, 10 * GB, 1, 0, 0, 64 * GB));
    }

    [Fact]
    public void Cpu_is_granted_by_what_attempts_use_at_most_and_by_the_preset_while_too_few_are_known()
    {
        var profile = new StageProfile();
        Assert.Equal(1000, CpuSizing.Millicores(profile, 1000, 8000));
        for (var i = 0; i < 20; i++)
        {
            profile.Record(new AttemptRecord(Instant.Epoch, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromSeconds(10), CpuSeconds = 22, CpuPeakCores = 2.4 }));
        }

        Assert.Equal(2400, CpuSizing.Millicores(profile, 1000, 8000));
        Assert.Equal(2000, CpuSizing.Millicores(profile, 1000, 2000));
    }
}
