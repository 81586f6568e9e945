using CsCheck;
using Foreflow.Core.Replication;

namespace Foreflow.Core.Tests.Replication;

public class SkiRentalTests
{
    [Fact]
    public void Up_at_once_and_down_when_idling_has_cost_a_restart()
    {
        var state = SkiRental.Empty.Step(required: 3, idleCost: 1, restartCost: 2);
        Assert.Equal(3, state.Level);
        state = state.Step(1, 1, 2).Step(1, 1, 2);
        Assert.Equal(3, state.Level);
        Assert.Equal([0, 2, 2], state.IdleCosts);
        Assert.Equal(1, state.Step(1, 1, 2).Level);
    }

    [Fact]
    public void A_replica_needed_again_starts_over()
    {
        var state = SkiRental.At(3).Step(1, 1, 2).Step(2, 1, 2);
        Assert.Equal([0, 0, 2], state.IdleCosts);
    }

    [Fact]
    public void What_it_costs_is_at_most_twice_the_best_in_hindsight() =>
        Gen.Select(Gen.Int[0, 6].Array[1, 80], Gen.Double[0, 12]).Sample((required, restart) =>
        {
            var state = SkiRental.Empty;
            var online = 0.0;
            foreach (var r in required)
            {
                var before = state.Level;
                state = state.Step(r, 1, restart);
                online += Math.Max(0, state.Level - before) * restart + (state.Level - r);
            }

            return online <= 2 * Hindsight(required, restart) + 1e-9;
        });

    /// <summary>A replica is kept through a gap in which it is not needed if the gap costs less than a restart; after its last need it is stopped.</summary>
    private static double Hindsight(int[] required, double restart)
    {
        var cost = 0.0;
        for (var replica = 1; replica <= required.Max(); replica++)
        {
            var gap = double.PositiveInfinity; // It is not there at the start.
            foreach (var r in required)
            {
                if (r >= replica) cost += Math.Min(gap, restart);
                gap = r >= replica ? 0 : gap + 1;
            }
        }

        return cost;
    }
}
