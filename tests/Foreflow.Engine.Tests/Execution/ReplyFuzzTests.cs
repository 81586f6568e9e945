using System.Text;

namespace Foreflow.Engine.Tests.Execution;

public class ReplyFuzzTests(ITestOutputHelper output)
{
    private const int Replies = 20_000;
    private const int Seed = 20_261_125;

    [Fact]
    public async Task No_reply_of_a_worker_breaks_anything_on_its_way()
    {
        using var path = new ReplyPath(Seed);
        for (var i = 0; i < Replies; i++)
        {
            var reply = path.Next();
            try
            {
                await path.Take(reply);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, reply {i}: {e}\n{Encoding.UTF8.GetString(reply)}");
            }
        }

        output.WriteLine(string.Join(", ", path.Causes));
        // Some of every kind: else the damage is such that nothing gets far.
        Assert.All(path.Causes.Values, count => Assert.InRange(count, Replies / 50, 2 * Replies));
        Assert.Equal(4, path.Causes.Count);
    }
}
