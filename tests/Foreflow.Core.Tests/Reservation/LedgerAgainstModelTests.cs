namespace Foreflow.Core.Tests.Reservation;

/// <summary>The long version of these walks is in bench/ledger.</summary>
public class LedgerAgainstModelTests
{
    /// <summary>Few claims that are always in each other's way.</summary>
    [Fact]
    public void On_crowded_nodes_the_ledger_is_the_model() => Walk(walks: 40, firstSeed: 1, new(Horizon: 60, Nodes: 3, Capacity: 8, MaxAmount: 4));

    /// <summary>Hundreds of claims a node over a long time: profiles of many blocks.</summary>
    [Fact]
    public void On_nodes_with_long_profiles_the_ledger_is_the_model() => Walk(walks: 1, firstSeed: 1_000, new(Horizon: 600, Nodes: 2, Capacity: 400, MaxAmount: 3));

    [Fact]
    public void On_many_nodes_the_ledger_is_the_model() => Walk(walks: 5, firstSeed: 2_000, new(Horizon: 60, Nodes: 20, Capacity: 8, MaxAmount: 5));

    private static void Walk(int walks, int firstSeed, WalkSize size)
    {
        for (var seed = firstSeed; seed < firstSeed + walks; seed++)
        {
            var walk = new LedgerWalk(seed, size);
            try
            {
                walk.Run();
            }
            catch (Exception difference)
            {
                Assert.Fail($"Seed {seed}, operation {walk.Operations}: {difference}");
            }

            Assert.True(walk.Conflicts > walk.Operations / 50, $"Seed {seed}: only {walk.Conflicts} conflicts in {walk.Operations} operations.");
        }
    }
}
