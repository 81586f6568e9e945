using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;

namespace Foreflow.Core.Tests.Replication;

public class OverheadBudgetTests
{
    private static readonly Resources s_pool = new(100_000, 1L << 38);

    private static readonly Gen<SpeculativeReplicas> s_request = Gen.Select(
        Gen.Int[0, 40], Gen.Long[0, 8_000], Gen.Long[0, 1L << 33], Gen.Double[0, 10],
        (replicas, cpu, memory, worth) => new SpeculativeReplicas(replicas, new(cpu, memory), worth));

    [Fact]
    public void Never_more_than_the_share_is_granted() =>
        Gen.Select(s_request.Array[0, 20], Gen.Double[0, 1]).Sample((requests, share) =>
        {
            var granted = OverheadBudget.Grant(requests, s_pool, share);
            var used = requests.Zip(granted).Aggregate(Resources.Zero, (sum, pair) => sum + pair.First.PerReplica * pair.Second);
            return used.CpuMillicores <= share * s_pool.CpuMillicores && used.MemoryBytes <= share * s_pool.MemoryBytes
                && requests.Zip(granted).All(pair => pair.Second >= 0 && pair.Second <= pair.First.Replicas);
        });

    [Fact]
    public void What_is_worth_most_for_its_share_comes_first()
    {
        SpeculativeReplicas[] requests = [new(10, new(1_000, 0), 1), new(10, new(1_000, 0), 3), new(10, new(4_000, 0), 8)];
        Assert.Equal([0, 10, 2], OverheadBudget.Grant(requests, s_pool, 0.18));
        Assert.Equal([2, 10, 2], OverheadBudget.Grant(requests, s_pool, 0.20));
    }

    [Fact]
    public void An_unlimited_network_binds_no_one() =>
        Assert.Equal([5], OverheadBudget.Grant([new(5, new(1_000, 0, NetworkBytesPerSecond: 1 << 20), 1)], s_pool, 0.1));
}
