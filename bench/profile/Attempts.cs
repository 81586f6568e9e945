using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Bench.Profile;

/// <summary>Made-up attempts with every figure known: sizes spread over three decades, one in fifty fails, two weeks pass.</summary>
internal static class Attempts
{
    public static AttemptRecord[] Make(int count, int seed)
    {
        var random = new Random(seed);
        var start = Instant.Epoch + TimeSpan.FromDays(20_000);
        var attempts = new AttemptRecord[count];
        for (var i = 0; i < count; i++)
        {
            var input = (long)Math.Exp(12 + (7 * random.NextDouble()));
            var noise = Math.Exp(0.3 * ((random.NextDouble() * 2) - 1));
            var seconds = 1 + (input * 1e-6 * noise);
            var memory = (long)(50e6 + (3.0 * input * noise));
            attempts[i] = new AttemptRecord(
                start + TimeSpan.FromSeconds(i * 14.0 * 86_400 / count),
                i % 50 == 49 ? AttemptCause.ExitCode : AttemptCause.Succeeded,
                new AttemptUsage
                {
                    WallTime = TimeSpan.FromSeconds(seconds),
                    CpuSeconds = seconds * 0.8,
                    CpuPeakCores = 1.4 * noise,
                    MemoryPeakBytes = memory,
                    MemoryMeanBytes = memory * 0.7,
                    DiskReadBytes = input,
                    DiskWriteBytes = input / 2,
                    DiskPeakBytesPerSecond = input / seconds * 2,
                    NetworkReceivedBytes = input / 10,
                    NetworkSentBytes = input / 20,
                    NetworkPeakBytesPerSecond = input / seconds,
                    InputBytes = input,
                },
                StartUp: TimeSpan.FromMilliseconds(20 + (random.NextDouble() * 30)),
                Queue: TimeSpan.FromMilliseconds(random.NextDouble() * 500),
                Granted: new Resources(1000, memory * 2, 0, 0));
        }

        return attempts;
    }
}
