using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Snapshot;

public class UseByOthersTests
{
    private static readonly Instant Start = Instant.FromUnixSeconds(1_000_000);

    private static PoolState PoolOfOneNode(out Func<double, long, long> sample)
    {
        var pool = new PoolState(new ClusterSnapshot(new PoolSettings()));
        pool.Apply(new NodeJoined(Start, 0, new NodeId("a"), new Resources(8000, 16L << 30)));
        sample = (second, millicores) =>
        {
            pool.Apply(new NodeSampled(Start + TimeSpan.FromSeconds(second), 0, new Resources(millicores, 1L << 30)));
            return pool.Snapshot.Nodes[0].TakenByOthers.CpuMillicores;
        };
        return pool;
    }

    [Fact]
    public void A_steady_use_is_taken_off_as_it_is()
    {
        var pool = PoolOfOneNode(out var sample);
        for (var s = 0; s < 100; s++) Assert.Equal(1000, sample(s, 1000));
        Assert.Equal(7000, pool.Ledger.FreeToLend(0).CpuMillicores);
        Assert.Equal(15L << 30, pool.Ledger.FreeToLend(0).MemoryBytes);
    }

    [Fact]
    public void A_step_is_followed_as_the_table_says()
    {
        PoolOfOneNode(out var sample);
        sample(0, 0);
        sample(100, 1000);
        Assert.InRange(sample(101, 1000), 130, 170);
        Assert.InRange(sample(110, 1000), 490, 530);
        Assert.InRange(sample(130, 1000), 860, 890);
        Assert.InRange(sample(160, 1000), 1130, 1150);
        Assert.InRange(sample(1600, 1000), 1000, 1010);
    }

    [Fact]
    public void One_second_of_a_peak_takes_little_and_passes()
    {
        PoolOfOneNode(out var sample);
        for (var s = 0; s < 60; s++) sample(s, 200);
        sample(60, 3800);
        Assert.InRange(sample(61, 200), 201, 900);
        Assert.InRange(sample(61 + 600, 200), 200, 250);
    }

    [Fact]
    public void Telling_changes_alone_gives_the_same_as_telling_every_second()
    {
        PoolOfOneNode(out var each);
        PoolOfOneNode(out var changes);
        long told = -1;
        for (var s = 0; s < 300; s++)
        {
            var used = 500 * ((s / 30) % 3);
            each(s, used);
            if (used != told) changes(s, told = used);
        }

        Assert.InRange(each(300, 0) - changes(300, 0), -1, 1);
    }

    [Fact]
    public void Nine_of_ten_instants_of_a_noisy_use_stay_below_what_is_taken_off()
    {
        PoolOfOneNode(out var sample);
        var (below, counted, taken) = (0, 0, long.MaxValue);
        for (var s = 0; s < 5000; s++)
        {
            // A sum of four draws is near enough to a normal distribution.
            var noise = Enumerable.Range(0, 4).Sum(i => Draw.Uniform(7, (ulong)s, (ulong)i)) - 2;
            var used = (long)(1500 + (400 * noise));
            if (s > 300)
            {
                counted++;
                if (used <= taken) below++;
            }

            taken = sample(s, used);
        }

        Assert.InRange((double)below / counted, 0.87, 0.93);
    }

    [Fact]
    public void No_more_than_half_a_node_is_taken_off()
    {
        var pool = PoolOfOneNode(out var sample);
        for (var s = 0; s < 100; s++) sample(s, 8000);
        Assert.Equal(4000, sample(100, 8000));
        Assert.Equal(4000, pool.Ledger.FreeToLend(0).CpuMillicores);
    }

    [Fact]
    public void What_was_taken_off_comes_back_with_the_cycles_when_nothing_more_is_told()
    {
        var pool = PoolOfOneNode(out var sample);
        for (var s = 0; s < 100; s++) sample(s, 3000);
        sample(100, 0);
        for (var s = 105; s < 1600; s += 5)
        {
            pool.Apply(new TimePassed(Start + TimeSpan.FromSeconds(s)));
            pool.Carry(ControlCycle.Next(pool, PolicySet.Ahead));
        }

        Assert.InRange(pool.Ledger.FreeToLend(0).CpuMillicores, 7990, 8000);
    }

    [Fact]
    public void What_runs_keeps_its_room_when_others_take_more_and_give_it_back()
    {
        var pool = PoolOfOneNode(out var sample);
        Register(pool, 0, "batch", Priority.Batch, new Resources(6000, 1L << 30));
        Register(pool, 1, "urgent", Priority.Normal, new Resources(3000, 1L << 30));
        Assert.Equal(1, Submit(pool, 0));
        for (var s = 0; s < 100; s++) sample(s, 4000);
        for (var s = 100; s < 1600; s += 10) sample(s, 0);

        // The batch task still holds 6 of 8 cores: the urgent one starts only if the batch task is paused for it.
        pool.Apply(new RunArrived(Start + TimeSpan.FromSeconds(1600), 2, new RunId("r2"), 1));
        pool.Apply(new TasksReady(Start + TimeSpan.FromSeconds(1600), 2, 1, 2, 0, 1, 1));
        var plan = ControlCycle.Next(pool, PolicySet.Ahead);
        Assert.Empty(PlanChecker.Check(pool.Snapshot, plan));
        Assert.Equal([1L], plan.Paused);
    }

    private static void Register(PoolState pool, int workflow, string name, Priority priority, Resources request) =>
        pool.Apply(new WorkflowRegistered(Start, workflow, workflow, new WorkflowSpec
        {
            Name = name,
            Priority = priority,
            Stages = [new StageSpec { Name = "s", Request = request, ResourcesFixed = true, ExecutionSecondsPrior = 86_400 }],
        }));

    private static int Submit(PoolState pool, int workflow)
    {
        pool.Apply(new RunArrived(Start, workflow + 1, new RunId($"r{workflow + 1}"), workflow));
        pool.Apply(new TasksReady(Start, workflow + 1, workflow, workflow + 1, 0, 1, 1));
        var plan = ControlCycle.Next(pool, PolicySet.Ahead);
        pool.Carry(plan);
        return plan.Work.Length;
    }
}
