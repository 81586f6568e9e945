using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Scheduling;

public sealed class ContendedRankTests
{
    private static readonly Resources s_one = new(1000, 1);

    [Fact]
    public void A_stage_that_feeds_the_critical_way_goes_before_an_equal_one()
    {
        // Two slots, and three ways of six seconds: a, d, e (1 + 1 + 4), b, f (1 + 5) and c alone: their upward ranks are equal.
        // The shortest run begins with c and one of the others, and has what hangs on both in its second slot: 10.
        var stages = Stages([], [], [], [0], [3], [1]);
        double[] seconds = [1, 1, 6, 1, 4, 5];
        var ranks = PlainRanks(stages, seconds);
        var plain = Makespan(stages, seconds, slots: 2, ranks);

        var improved = new ContendedRank().TryImprove([.. stages], seconds, Ones(6), s_one * 2, ranks);

        Assert.True(plain > 10, "the case shows nothing: the plain order is as short as it can be");
        Assert.True(improved);
        Assert.Equal(10, Makespan(stages, seconds, slots: 2, ranks), 9);
    }

    [Fact]
    public void Ranks_stay_where_everything_fits()
    {
        var stages = Stages([], [], [0, 1]);
        double[] ranks = [3, 2, 1];

        Assert.False(new ContendedRank().TryImprove([.. stages], [2, 1, 1], Ones(3), s_one * 3, ranks));

        Assert.Equal([3, 2, 1], ranks);
    }

    [Fact]
    public void A_run_is_never_longer_by_the_new_order_and_every_stage_starts_after_those_it_needs()
    {
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var random = new Random(seed);
                var n = random.Next(1, 40);
                var stages = Stages([.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, i).Where(_ => random.Next(4) == 0).Take(3).ToArray())]);
                var seconds = Enumerable.Range(0, n).Select(_ => (double)random.Next(1, 20)).ToArray();
                var slots = random.Next(1, 8);
                var before = PlainRanks(stages, seconds);
                var after = before.ToArray();

                var improved = new ContendedRank().TryImprove([.. stages], seconds, Ones(n), s_one * slots, after);

                if (!improved) Assert.Equal(before, after);
                else Assert.True(Makespan(stages, seconds, slots, after) < 0.99 * Makespan(stages, seconds, slots, before));
                for (var i = 0; i < n; i++)
                {
                    Assert.True(after[i] >= before[i] - 1e-9, "no stage is nearer to the end of the run than its longest way");
                    foreach (var need in stages[i].Needs) Assert.True(after[need] >= after[i] + seconds[need] - 1e-9);
                }
            },
            seed: "0000000000001",
            iter: 2_000);
    }

    [Fact]
    public void Stages_of_unlike_requests_share_the_capacity()
    {
        // Four cores. A wide stage of four and four narrow ones of one; a long way hangs on a narrow one.
        var stages = Stages([], [], [], [], [], [4]);
        Resources[] demands = [s_one * 4, s_one, s_one, s_one, s_one, s_one];
        double[] seconds = [5, 2, 2, 2, 2, 10];
        var ranks = PlainRanks(stages, seconds);

        new ContendedRank().TryImprove([.. stages], seconds, demands, s_one * 4, ranks);

        Assert.True(ranks[4] > ranks[0], "what the long way hangs on goes before the wide stage");
    }

    private static Resources[] Ones(int n) => [.. Enumerable.Repeat(s_one, n)];

    private static StageSpec[] Stages(params int[][] needs) => [.. needs.Select((n, i) => new StageSpec { Name = $"s{i}", Kind = StageKind.Run, Needs = [.. n] })];

    private static double[] PlainRanks(StageSpec[] stages, double[] seconds)
    {
        var ranks = new double[stages.Length];
        for (var i = stages.Length - 1; i >= 0; i--)
        {
            ranks[i] += seconds[i];
            foreach (var need in stages[i].Needs) ranks[need] = Math.Max(ranks[need], ranks[i]);
        }

        return ranks;
    }

    /// <summary>Length of a run on equal slots, second by second: slow and plain, and its own.</summary>
    private static double Makespan(StageSpec[] stages, double[] seconds, int slots, double[] ranks)
    {
        var ends = new double[stages.Length];
        Array.Fill(ends, double.PositiveInfinity);
        var started = new bool[stages.Length];
        for (var now = 0.0; ; now++)
        {
            if (ends.All(e => e <= now)) return ends.Max();
            var busy = Enumerable.Range(0, stages.Length).Count(i => started[i] && ends[i] > now);
            foreach (var i in Enumerable.Range(0, stages.Length).Where(i => !started[i] && stages[i].Needs.All(p => ends[p] <= now)).OrderByDescending(i => ranks[i]).ThenBy(i => i).Take(slots - busy))
            {
                started[i] = true;
                ends[i] = now + seconds[i];
            }
        }
    }
}
