using Foreflow.Core.Workflows;

namespace Foreflow.Core.Tests.Workflows;

public class SuggestionTests
{
    private static readonly string[] Keys = ["needs", "when", "foreach", "run", "worker", "outputs", "timeout", "maxWait", "env", "retries"];

    [Theory]
    [InlineData("need", "needs")]
    [InlineData("nedes", "needs")]
    [InlineData("forEach", "foreach")]
    [InlineData("max_wait", "maxWait")]
    [InlineData("maxwait", "maxWait")]
    [InlineData("outptus", "outputs")]
    [InlineData("time-out", "timeout")]
    [InlineData("rnu", "run")]
    [InlineData("x", null)]
    [InlineData("frobnicate", null)]
    [InlineData("", null)]
    [InlineData("needs", null)]
    public void The_nearest_key_is_found_when_it_is_near(string name, string? expected) =>
        Assert.Equal(expected, Suggestion.Nearest(name, Keys));
}
