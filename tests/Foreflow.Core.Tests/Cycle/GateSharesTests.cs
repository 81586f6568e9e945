using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>Several pools share a gate by leases.</summary>
public class GateSharesTests
{
    private static readonly Instant Start = Instant.FromUnixSeconds(1_000_000);

    private static GateNeed Need(int held, int wanted, int first = 0, double since = 0, int capacity = 8, int? inForce = null) =>
        new("db", capacity, null, held, inForce ?? held, wanted, first, first > 0 ? Start + TimeSpan.FromSeconds(since) : Instant.Never);

    private static int Units(List<GateLease> table, string owner, GateNeed need, Instant now)
    {
        var renewal = Assert.Single(GateShares.Renew(table, owner, [need], now));
        table.RemoveAll(l => l.Owner == owner);
        table.Add(renewal.Lease);
        return renewal.Units;
    }

    [Fact]
    public void Who_is_alone_gets_what_he_wants_up_to_what_there_is()
    {
        Assert.Equal(3, Units([], "a", Need(0, 3, 1), Start));
        Assert.Equal(8, Units([], "a", Need(2, 50, 1), Start));
    }

    [Fact]
    public void Two_who_want_all_come_to_have_half_each_as_tasks_end_and_nothing_is_taken_from_what_runs()
    {
        List<GateLease> table = [];
        Assert.Equal(8, Units(table, "a", Need(0, 8, 1), Start));
        Assert.Equal(0, Units(table, "b", Need(0, 8, 1, since: 1), Start));
        // a has 8 tasks running: it keeps to 8 less what it can do without, which is nothing yet.
        Assert.Equal(8, Units(table, "a", Need(8, 8, 1, since: 2, inForce: 8), Start));
        // Two end. They are b's now; a keeps to 6 from here on and gives the two back the next time.
        Assert.Equal(6, Units(table, "a", Need(6, 8, 1, since: 2, inForce: 8), Start));
        Assert.Equal(0, Units(table, "b", Need(0, 8, 1, since: 1), Start));
        Assert.Equal(6, Units(table, "a", Need(6, 8, 1, since: 2, inForce: 6), Start));
        Assert.Equal(2, Units(table, "b", Need(0, 8, 1, since: 1), Start));
    }

    [Fact]
    public void A_holder_that_crashed_stands_in_the_way_until_its_lease_lapses_and_no_longer()
    {
        List<GateLease> table = [];
        Units(table, "a", Need(0, 8, 1), Start);
        Assert.Equal(0, Units(table, "b", Need(0, 1, 1), Start + GateShares.Lease - TimeSpan.FromSeconds(1)));
        Assert.Equal(1, Units(table, "b", Need(0, 1, 1), Start + GateShares.Lease));
    }

    [Fact]
    public void What_was_spent_of_a_rate_counts_for_a_period_after_its_spender_died()
    {
        List<GateLease> table = [];
        var spent = new GateNeed("db", 5, TimeSpan.FromMinutes(2), 5, 5, 5, 0, Instant.Never);
        Units(table, "a", spent, Start);
        var want = new GateNeed("db", 5, TimeSpan.FromMinutes(2), 0, 0, 5, 1, Start);
        Assert.Equal(0, Units(table, "b", want, Start + TimeSpan.FromSeconds(119)));
        Assert.Equal(5, Units(table, "b", want, Start + TimeSpan.FromSeconds(120)));
    }

    [Fact]
    public void Who_needs_many_units_at_once_has_them_kept_for_him_when_his_turn_has_come()
    {
        List<GateLease> table = [];
        Units(table, "a", Need(0, 8, 1), Start);
        // a ran 8 of its many; b waits for 4 at once and came before those of a that wait now.
        Units(table, "b", Need(0, 4, 4, since: 1), Start);
        foreach (var running in new[] { 7, 6, 5 })
        {
            Assert.Equal(running, Units(table, "a", Need(running, 8, 1, since: 2, inForce: running + 1), Start));
            Assert.True(Units(table, "b", Need(0, 4, 4, since: 1), Start) < 4);
        }

        Units(table, "a", Need(4, 8, 1, since: 2, inForce: 5), Start);
        Units(table, "a", Need(4, 8, 1, since: 2, inForce: 4), Start);
        Assert.Equal(4, Units(table, "b", Need(0, 4, 4, since: 1), Start));
    }

    [Fact]
    public void A_large_gate_is_shared_evenly_and_the_odd_unit_goes_by_turn()
    {
        List<GateLease> table =
        [
            new("db", "a", 100_001, 0, 1_000_000, 1, Start, 0, Start + GateShares.Lease),
            new("db", "c", 100_001, 0, 10, 1, Start, 0, Start + GateShares.Lease),
        ];
        Assert.Equal(49_995, Units(table, "b", Need(0, 1_000_000, 1, since: -1, capacity: 100_001), Start) - 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Pools_that_start_end_and_crash_at_random_never_hold_more_than_there_is_and_all_get_on(int seed)
    {
        const int Capacity = 5;
        var random = new Random(seed);
        List<GateLease> table = [];
        var pools = Enumerable.Range(0, 4).Select(i => new Pool($"p{i}")).ToArray();
        var now = Start;
        for (var step = 0; step < 4000; step++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(400));
            // Who lives renews in time.
            foreach (var alive in pools.Where(p => p.Held > 0 && p.Until - now < TimeSpan.FromSeconds(1))) alive.Renew(table, Capacity, now);
            var pool = pools[random.Next(pools.Length)];
            switch (random.Next(12))
            {
                case < 4:
                    pool.Renew(table, Capacity, now);
                    break;
                case < 8 when pool.Until > now:
                    pool.Start(now);
                    break;
                case < 11:
                    pool.End(random);
                    break;
                default:
                    // Its processes die with it; its lease does not.
                    if (random.Next(40) == 0) pool.Crash(now);
                    break;
            }

            Assert.True(pools.Sum(p => p.Held) <= Capacity, $"step {step} of seed {seed}: {pools.Sum(p => p.Held)} of {Capacity} are held");
        }

        Assert.All(pools, p => Assert.True(p.Done > 25, $"seed {seed}: {p.Name} has done {p.Done}"));
    }

    /// <summary>A pool whose tasks need one or three units; more of them wait always.</summary>
    private sealed class Pool(string name)
    {
        private readonly Queue<int> _running = new();
        private int _units;
        private Instant _since = GateSharesTests.Start;

        public string Name => name;

        public int Held => _running.Sum();

        public int Done { get; private set; }

        public Instant Until { get; private set; }

        private int First => Done % 7 == 0 ? 3 : 1;

        public void Renew(List<GateLease> table, int capacity, Instant now)
        {
            var need = new GateNeed("db", capacity, null, Held, Math.Max(Held, Until > now ? _units : 0), Math.Min(capacity, Held + 4), First, _since);
            var renewal = GateShares.Renew(table, name, [need], now).Single();
            table.RemoveAll(l => l.Owner == name);
            table.Add(renewal.Lease);
            _units = renewal.Units;
            Until = renewal.Lease.Until;
        }

        public void Start(Instant now)
        {
            if (Held + First > _units) return;
            _running.Enqueue(First);
            Done++;
            _since = now;
        }

        public void End(Random random)
        {
            if (_running.Count > 0 && random.Next(2) == 0) _running.Dequeue();
        }

        public void Crash(Instant now)
        {
            _running.Clear();
            (_units, Until, _since) = (0, new Instant(0), now);
        }
    }
}
