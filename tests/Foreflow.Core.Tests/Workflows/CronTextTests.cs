using CsCheck;
using Foreflow.Core.Workflows.Validation;

namespace Foreflow.Core.Tests.Workflows;

public class CronTextTests
{
    private static readonly Gen<string> Field = Gen.OneOf(
        Gen.String[Gen.Char["0123456789*/,-?LW#HSUNMOTJA@~"], 0, 5],
        Gen.OneOf(new[] { "*", "*/5", "0", "59", "60", "1-5", "MON", "SUN-SAT", "H", "H/5", "H(1-5)", "L", "LW", "15W", "5#3", "5L", "?", "JAN", "@daily", "@every", "@", "99999999999" }.Select(Gen.Const).ToArray()));

    [Theory]
    [InlineData("*/5 * * * *")]
    [InlineData("0 2 * * MON-FRI")]
    [InlineData("0 0 L * *")]
    [InlineData("*/10 * * * * *")]
    [InlineData("@daily")]
    public void What_comes_is_good(string text) => Assert.Null(CronText.Check(text));

    [Theory]
    [InlineData("* * * *", "'* * * *' has 4 fields: cron has five (minute, hour, day, month, weekday), or six with seconds first")]
    [InlineData("0 0 31 2 *", "'0 0 31 2 *' never comes")]
    [InlineData("H * * * *", "'H * * * *' is not a cron expression: H, a place that a hash chooses, is not read")]
    public void What_does_not_is_refused(string text, string message) => Assert.Equal(message, CronText.Check(text));

    // The words are the library's; that there are some, and that it throws nothing else, is ours.
    [Fact]
    public void No_text_throws() => Field.Array[1, 7].Sample(fields => CronText.Check(string.Join(' ', fields))?.Length != 0, iter: 50_000);
}
