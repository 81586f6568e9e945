using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Sampling;

public sealed class CounterTextTests
{
    [Fact]
    public void A_key_is_found_whole_and_at_the_start_of_a_line()
    {
        var text = "file_mapped 1\nshmem 2\nfile 3\nanon_file 4\nlast 5"u8;
        Assert.Equal(3, CounterText.Key(text, "file"u8));
        Assert.Equal(5, CounterText.Key(text, "last"u8));
        Assert.Null(CounterText.Key(text, "mapped"u8));
        Assert.Equal(16384, CounterText.Key("MemTotal:       16384 kB\n"u8, "MemTotal:"u8));
        Assert.Equal(77, CounterText.Key("VmHWM:\t      77 kB\n"u8, "VmHWM:"u8));
    }

    [Fact]
    public void Fields_add_up_over_devices()
    {
        var text = "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n8:0 rbytes=90430464 wbytes=299008000 rios=8950 wios=1252 dbytes=50331648 dios=3021\n"u8;
        Assert.Equal(1459200 + 90430464, CounterText.SumOfField(text, "rbytes="u8));
        Assert.Equal(314773504 + 299008000, CounterText.SumOfField(text, "wbytes="u8));
        Assert.Equal(0, CounterText.SumOfField(default, "rbytes="u8));
        // A device may have no counters yet.
        Assert.Equal(5, CounterText.SumOfField("254:1 \n254:0 rbytes=5 wbytes=6\n"u8, "rbytes="u8));
    }

    [Fact]
    public void Operations_add_up_over_devices_and_totals_do_not()
    {
        var text = "254:0 Read 4096\n254:0 Write 8192\n254:0 Sync 8192\n254:0 Async 4096\n254:0 Discard 0\n254:0 Total 12288\n254:16 Read 1\n254:16 Write 2\n254:16 Total 3\nTotal 12291\n"u8;
        Assert.Equal(4097, CounterText.SumOfOperation(text, "Read"u8));
        Assert.Equal(8194, CounterText.SumOfOperation(text, "Write"u8));
    }

    [Theory]
    [InlineData("max\n", null)]
    [InlineData("", null)]
    [InlineData("12345\n", 12345L)]
    public void A_number_that_is_not_there_is_unknown(string text, long? number) =>
        Assert.Equal(number, CounterText.Number(System.Text.Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Pressure_is_read_by_line_and_field()
    {
        var text = "some avg10=47.44 avg60=23.58 avg300=10.51 total=53413276\nfull avg10=1.50 avg60=0.00 avg300=0.00 total=0\n"u8;
        Assert.Equal(47.44, CounterText.Pressure(text, "some"u8, "avg10="u8));
        Assert.Equal(1.5, CounterText.Pressure(text, "full"u8, "avg10="u8));
        Assert.Null(CounterText.Pressure(default, "some"u8, "avg10="u8));
    }
}
