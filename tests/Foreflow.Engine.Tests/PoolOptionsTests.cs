using Foreflow.Engine.Pools;

namespace Foreflow.Engine.Tests;

public class PoolOptionsTests
{
    /// <summary>No plan is carried out live that does not pass the checker, unless somebody says otherwise.</summary>
    [Fact]
    public void Plans_are_checked_by_default() => Assert.True(new PoolOptions().CheckPlans);
}
