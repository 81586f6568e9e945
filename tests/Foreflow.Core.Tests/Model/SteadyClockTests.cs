using Foreflow.Core.Model;

namespace Foreflow.Core.Tests.Model;

public class SteadyClockTests
{
    [Fact]
    public void A_clock_that_is_set_back_goes_on_at_its_pace()
    {
        var clock = new SteadyClock();
        double Read(double seconds) => clock.Read(Instant.FromUnixSeconds(seconds)).UnixSeconds;
        Assert.Equal(-5, Read(-5));
        Assert.Equal(100, Read(100));
        Assert.Equal(100, Read(40));
        Assert.Equal(101, Read(41));
        Assert.Equal(110, Read(50));
        Assert.Equal(110, Read(10));
        Assert.Equal(210, Read(110));
    }
}
