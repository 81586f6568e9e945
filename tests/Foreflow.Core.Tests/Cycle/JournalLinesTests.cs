using System.Text;
using System.Text.Json;
using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

public class JournalLinesTests
{
    private static readonly Gen<Instant> At = Gen.Long[0, long.MaxValue / 2].Select(t => new Instant(t));

    private static readonly Gen<JournalEvent> Any = Gen.OneOf(
        Gen.Select(At, Gen.Long[1, 1L << 40], Gen.Int[0, 9], Gen.Long[1, 1L << 40], Gen.Int[0, 9], Gen.Int[0, 99])
            .Select((at, run, stage, ticket, index, count) => (JournalEvent)new TasksReady(at, run, stage, ticket, index, count, count)),
        Gen.Select(At, Gen.Long[1, 1L << 40], Gen.Int[0, 9], Gen.Bool).Select((at, run, stage, skipped) => (JournalEvent)new StageSettled(at, run, stage, skipped)),
        Gen.Select(At, Gen.Long[1, 1L << 40]).Select((at, run) => (JournalEvent)new RunEnded(at, run)),
        Gen.Select(At, Gen.Long[1, 1L << 40], Gen.Enum<AttemptCause>(), Gen.Int[0, 2], Gen.Long[0, 1L << 50])
            .Select((at, ticket, cause, measured, ticks) => (JournalEvent)new AttemptEnded(at, ticket, cause, measured switch
            {
                0 => null,
                1 => new AttemptUsage { WallTime = new TimeSpan(ticks) },
                _ => new AttemptUsage { WallTime = new TimeSpan(ticks), CpuSeconds = 1.5 },
            })));

    [Fact]
    public void What_is_written_by_hand_reads_back() => Any.Sample(happened =>
    {
        var lines = new JournalLines();
        lines.Add(happened);
        var line = Encoding.UTF8.GetString(lines.Take()).TrimEnd('\n');
        return Equals(JsonSerializer.Deserialize(line, JournalJson.Default.JournalEvent), happened);
    }, iter: 500);
}
