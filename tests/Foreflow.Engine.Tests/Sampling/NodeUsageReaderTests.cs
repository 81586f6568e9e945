using Foreflow.Core.Model;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Sampling;

public sealed class NodeUsageReaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("foreflow-proc-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_ours_is_taken_off()
    {
        Write("stat", "cpu  1000 0 500 8000 100 0 50 30 0 0\ncpu0 1 2 3\n");
        Write("meminfo", "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    400 kB\n");
        Write("diskstats", " 254       0 vda 10 0 100 1 10 0 200 1 0 0 0\n 254       1 vda1 10 0 100 1 10 0 200 1 0 0 0\n   7       0 loop0 9 9 999 9 9 9 999 9 9 9 9\n");
        Write("net/dev", "Inter-|   Receive  |  Transmit\n face |bytes packets\n    lo: 9999 1 0 0 0 0 0 0 9999 1 0 0 0 0 0 0\n  eth0: 1000 1 0 0 0 0 0 0 2000 1 0 0 0 0 0 0\n");
        Write("pressure/cpu", "some avg10=12.50 avg60=0.00 avg300=0.00 total=1\n");
        using var reader = new NodeUsageReader(folder, 2, 0);

        var first = reader.Read(Instant.FromUnixSeconds(100), 5, 100 * 1024);
        Write("stat", "cpu  1200 0 600 8500 100 0 50 30 0 0\n");
        Write("diskstats", " 254       0 vda 10 0 300 1 10 0 400 1 0 0 0\n");
        Write("net/dev", "  eth0: 1500 1 0 0 0 0 0 0 2700 1 0 0 0 0 0 0\n");
        using var again = reader;
        var second = reader.Read(Instant.FromUnixSeconds(102), 6, 100 * 1024);

        Assert.Null(first.BusyCores);
        Assert.Equal((1000 * 1024L, 600 * 1024L, 500 * 1024L), (first.MemoryBytes, first.UsedMemoryBytes!.Value, first.OthersMemoryBytes!.Value));
        Assert.Equal((1.5, 1.0), (second.BusyCores!.Value, second.OthersBusyCores!.Value));
        Assert.Equal(400 * 512 / 2.0, second.DiskBytesPerSecond);
        Assert.Equal((500 + 700) / 2.0, second.NetworkBytesPerSecond);
        Assert.Equal(12.5, second.CpuPressure);
        Assert.Null(second.MemoryPressure);
    }

    [Fact]
    public void This_machine_can_be_read()
    {
        using var reader = NodeUsageReader.ForThisMachine();
        var usage = reader.Read(Instant.Epoch, 0, 0);

        Assert.InRange(usage.MemoryBytes, 1 << 20, long.MaxValue);
        Assert.InRange(usage.UsedMemoryBytes!.Value, 1 << 20, long.MaxValue);
        Assert.InRange(usage.Cores, 1, 10_000);
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
        File.WriteAllText(Path.Combine(folder, name), text);
    }
}
