using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Replication;

namespace Foreflow.Core.Tests.Replication;

public class StaffingTests
{
    private static ServiceTerms Terms(double wait, double share = 0.005, double variation = 1) => new(4, variation, wait, share);

    [Theory]
    [InlineData(1, 7, 6, 4)]
    [InlineData(10, 24, 18, 13)]
    [InlineData(50, 75, 61, 53)]
    public void The_table_of_the_documentation_holds(double load, int atOnce, int soon, int later)
    {
        var demand = new SlotDemand(load, load, 0);
        Assert.Equal([atOnce, soon, later], new[] { 0.0, 2, 10 }.Select(w => Staffing.Slots(demand, Terms(w), 1000)));
    }

    [Theory]
    [InlineData(2, 5, 0)]
    [InlineData(10, 15, 2)]
    [InlineData(30, 36, 1)]
    public void The_share_of_late_tasks_behind_it_is_that_of_the_exact_queue(int load, int servers, double wait)
    {
        var late = ErlangC.WaitExceeds(servers, load / 4.0, 4, wait);
        var stretch = Math.Max(4, load * 8.0 / (2.0 * (servers - load) * (servers - load)));
        Assert.Equal(Math.Min(1, late * (1 + (60 / Math.Min(60, stretch)))), Staffing.MissShare(servers, new SlotDemand(load, load, 0), Terms(wait)), 0.002);
    }

    [Fact]
    public void More_servers_never_miss_more_and_an_unknown_rate_asks_for_more()
    {
        for (var slots = 1; slots < 60; slots++)
            Assert.True(Staffing.MissShare(slots + 1, new SlotDemand(20, 20, 9), Terms(1)) <= Staffing.MissShare(slots, new SlotDemand(20, 20, 9), Terms(1)) + 1e-12);
        Assert.True(Staffing.Slots(new SlotDemand(20, 20, 16), Terms(1), 1000) > Staffing.Slots(new SlotDemand(20, 20, 0), Terms(1), 1000));
    }

    [Fact]
    public void A_single_task_that_comes_or_not_needs_one_slot_and_a_certain_one_no_margin()
    {
        Assert.Equal(1, Staffing.Slots(new SlotDemand(0.3, 0.21, 0), Terms(0.5), 100));
        Assert.Equal(3, Staffing.Slots(new SlotDemand(3, 0, 0), Terms(0.5), 100));
        Assert.Equal(0, Staffing.Slots(default, Terms(0.5), 100));
    }
}
