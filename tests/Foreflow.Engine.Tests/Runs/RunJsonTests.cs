using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Runs;
using Foreflow.Engine.Runs;

namespace Foreflow.Engine.Tests.Runs;

public class RunJsonTests
{
    private static readonly Instant At = new(17_000_000_000_000_001);

    public static TheoryData<RunEvent> Events =>
    [
        new AttemptStarted(At, 0, 0, 1, "node-1"),
        new AttemptStarted(At, 3, 7, 2, "näher \"<&\u0001", 0),
        new AttemptStarted(At, 3, 7, 2, "node", 12, new Resources(500, 1L << 30, 7, 9)),
        new AttemptStarted(At, 1, 0, 1, "node", null, Resources.Zero),
        new AttemptStarted(At, 1, 0, 2, "node", 4, Hedge: new HedgeReason(12.5, 4.25, 40, 1, 50)),
        new AttemptFinished(At, 0, 0, 1, AttemptCause.Succeeded),
        new AttemptFinished(At, 2, 99, 3, AttemptCause.Timeout, "{\"a\":\"ü<\"}"),
        new AttemptFinished(At, 2, 0, 1, AttemptCause.Succeeded, "1", Usage: new AttemptUsage { WallTime = TimeSpan.FromTicks(12_345) }),
        new AttemptFinished(At, 2, 0, 1, AttemptCause.Succeeded, Usage: new AttemptUsage { CpuSeconds = 0.1, MemoryPeakBytes = 5 }),
        new AttemptFinished(At, 2, 0, 1, AttemptCause.ExitCode, ExitCode: 3, Error: "no"),
        new AttemptFinished(At, 2, 0, 1, AttemptCause.Succeeded, "1", Cached: true),
        new RetryCame(At, 1, 2),
        new RunTakenOver(At, "engine-2"),
    ];

    /// <summary>Runs of before were written by the serializer alone.</summary>
    [Theory]
    [MemberData(nameof(Events))]
    public void What_the_serializer_wrote_reads_back(RunEvent happened) =>
        Assert.Equal(happened, RunJson.Read(JsonSerializer.SerializeToUtf8Bytes(happened, RunEventJson.Default.RunEvent)));

    [Theory]
    [MemberData(nameof(Events))]
    public void What_is_written_reads_back(RunEvent happened) => Assert.Equal(happened, RunJson.Read(RunJson.Write(happened)));
}
