using CsCheck;
using Foreflow.Core.Model;

namespace Foreflow.Core.Tests.Model;

public class QuantityTests
{
    [Theory]
    [InlineData("500m", 500)]
    [InlineData("2", 2_000)]
    [InlineData("0.25", 250)]
    [InlineData("1.5", 1_500)]
    [InlineData("1e1", 10_000)]
    [InlineData("1k", 1_000_000)]
    [InlineData("0", 0)]
    public void Cpu_is_read_in_thousandths_of_a_core(string text, long millicores)
    {
        Assert.True(Quantity.TryParseCpu(text, out var read, out var error), error);
        Assert.Equal(millicores, read);
    }

    [Theory]
    [InlineData("256Mi", 256L << 20)]
    [InlineData("1.5Gi", 3L << 29)]
    [InlineData("100M", 100_000_000)]
    [InlineData("1E", 1_000_000_000_000_000_000)]
    [InlineData("1e3", 1_000)]
    [InlineData("7Ei", 7L << 60)]
    [InlineData("12", 12)]
    [InlineData("1000m", 1)]
    public void Bytes_are_read_in_powers_of_1000_and_1024(string text, long bytes)
    {
        Assert.True(Quantity.TryParseBytes(text, out var read, out var error), error);
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("m")]
    [InlineData(".")]
    [InlineData("1..2")]
    [InlineData("1 Gi")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e99")]
    [InlineData("99999999999999999999999999999E")]
    [InlineData("1e28Ei")]
    [InlineData("8Ei")]
    [InlineData("1,5")]
    [InlineData("٣")]
    [InlineData("0x10")]
    [InlineData("+1")]
    public void What_is_no_quantity_is_refused_with_a_reason(string text)
    {
        Assert.False(Quantity.TryParseBytes(text, out _, out var error));
        Assert.NotEmpty(error!);
    }

    [Fact]
    public void What_is_written_reads_back() => Gen.Long[0, long.MaxValue].Sample(bytes =>
        Quantity.TryParseBytes(Quantity.FormatBytes(bytes), out var read, out _) && read == bytes);

    [Fact]
    public void What_is_written_of_cpu_reads_back() => Gen.Long[0, Quantity.MaxMillicores].Sample(millicores =>
        Quantity.TryParseCpu(Quantity.FormatCpu(millicores), out var read, out _) && read == millicores);

    [Fact]
    public void No_text_throws() => Gen.String[Gen.Char["0123456789.eE+-mkKMGTPin "], 0, 40].Sample(text =>
    {
        Assert.NotEqual(Quantity.TryParseBytes(text, out _, out var error), error is not null);
        Assert.NotEqual(Quantity.TryParseCpu(text, out _, out error), error is not null);
    }, iter: 20_000);
}

public class DurationTextTests
{
    [Theory]
    [InlineData("20s", 20)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5_400)]
    [InlineData("250ms", 0.25)]
    [InlineData("1.5h", 5_400)]
    [InlineData("2d", 172_800)]
    [InlineData("1d1h1m1s1ms", 90_061.001)]
    [InlineData("100us", 0.0001)]
    [InlineData("0s", 0)]
    public void A_duration_is_read(string text, double seconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration, out var error), error);
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("", "a duration is missing: write it like 20s, 5m or 1h30m")]
    [InlineData("5", "'5' has no unit: say 5s, 5m or 5h")]
    [InlineData("s", "'s' is not a duration: write it like 20s, 5m or 1h30m")]
    [InlineData("5 m", "'5 m' is not a duration: write it like 20s, 5m or 1h30m")]
    [InlineData("5M", "'5M' is not a duration: the unit 'M' is not one of d, h, m, s, ms, us, did you mean 'm'?")]
    [InlineData("5min", "'5min' is not a duration: the unit 'min' is not one of d, h, m, s, ms, us, did you mean 'm'?")]
    [InlineData("5w", "'5w' is not a duration: the unit 'w' is not one of d, h, m, s, ms, us")]
    [InlineData("1m1m", "'1m1m' is not a duration: units run from large to small, each once, like 1h30m")]
    [InlineData("1s1m", "'1s1m' is not a duration: units run from large to small, each once, like 1h30m")]
    [InlineData("36501d", "'36501d' is longer than 100 years")]
    [InlineData("0.05us", "'0.05us' is finer than a tenth of a microsecond")]
    [InlineData("PT5M", "'PT5M' is not a duration: write it like 20s, 5m or 1h30m")]
    public void What_is_no_duration_is_refused_with_a_reason(string text, string message)
    {
        Assert.False(DurationText.TryParse(text, out _, out var error));
        Assert.Equal(message, error);
    }

    [Fact]
    public void What_is_written_reads_back() => Gen.Long[0, DurationText.Longest.Ticks].Sample(ticks =>
        DurationText.TryParse(DurationText.Format(new TimeSpan(ticks)), out var read, out _) && read.Ticks == ticks);

    [Fact]
    public void No_text_throws() => Gen.String[Gen.Char["0123456789.dhmsu-+e "], 0, 80].Sample(text =>
        DurationText.TryParse(text, out _, out var error) != error is not null, iter: 20_000);
}
