using Foreflow.Core.Model;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Sampling;

/// <summary>The readers on folders as real hosts have them. Recorded/cgroup-v2 comes from Linux 6.1 with every controller on the unified hierarchy.</summary>
public sealed class CgroupReaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("foreflow-cgroup-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_running_group_of_version_2_is_read()
    {
        using var reader = new CgroupV2Reader(Recorded("running"));
        var sample = reader.Read(Instant.Epoch);

        Assert.Equal(47.33, sample.CpuSeconds!.Value, 6);
        Assert.Equal(107106304 - 24035328 - 2253128, sample.MemoryBytes);
        Assert.Equal(107372544 - 24035328 - 2253128, sample.MemoryPeakBytes);
        Assert.Equal((2048, 20000768), (sample.DiskReadBytes!.Value, sample.DiskWriteBytes!.Value));
        Assert.Null(sample.NetworkSentBytes);
    }

    [Fact]
    public void An_ended_group_of_version_2_still_tells_its_totals()
    {
        using var reader = new CgroupV2Reader(Recorded("ended"));
        var sample = reader.Read(Instant.Epoch);

        Assert.Equal(47.58, sample.CpuSeconds!.Value, 6);
        Assert.InRange(sample.MemoryPeakBytes!.Value, 80_000_000, 90_000_000);
        Assert.InRange(sample.MemoryBytes!.Value, 0, 1_000_000);
    }

    [Fact]
    public void A_group_without_controllers_tells_its_processor_time_and_no_more()
    {
        File.WriteAllText(Path.Combine(folder, "cpu.stat"), "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nnice_usec 0\n");
        using var reader = new CgroupV2Reader(folder);
        var sample = reader.Read(Instant.Epoch);

        Assert.Equal(1.5, sample.CpuSeconds);
        Assert.Null(sample.MemoryBytes);
        Assert.Null(sample.MemoryPeakBytes);
        Assert.Null(sample.DiskReadBytes);
    }

    [Fact]
    public void A_kernel_without_a_memory_mark_leaves_the_samples()
    {
        foreach (var name in (string[])["memory.current", "memory.stat"]) File.Copy(Path.Combine(Recorded("running"), name), Path.Combine(folder, name));
        using var reader = new CgroupV2Reader(folder);

        Assert.Equal(107106304 - 24035328 - 2253128, reader.Read(Instant.Epoch).MemoryPeakBytes);
    }

    [Fact]
    public void A_group_that_is_gone_tells_nothing()
    {
        using var second = new CgroupV2Reader("/no/such/folder");
        using var first = new CgroupV1Reader("/no/such/folder", "/no/such/folder", "/no/such/folder");

        foreach (var sample in (Foreflow.Core.Profiling.UsageSample[])[second.Read(Instant.Epoch), first.Read(Instant.Epoch)])
            Assert.Equal((null, null, null, null), (sample.CpuSeconds, sample.MemoryBytes, sample.DiskReadBytes, sample.NetworkSentBytes));
    }

    [Fact]
    public void A_group_of_version_1_is_read_controller_by_controller()
    {
        File.WriteAllText(Path.Combine(folder, "cpuacct.usage"), "2500000000\n");
        File.WriteAllText(Path.Combine(folder, "memory.usage_in_bytes"), "350000000\n");
        File.WriteAllText(Path.Combine(folder, "memory.max_usage_in_bytes"), "400000000\n");
        File.WriteAllText(Path.Combine(folder, "memory.stat"), "cache 0\nrss 0\nshmem 0\ntotal_cache 60000000\ntotal_rss 280000000\ntotal_shmem 10000000\n");
        File.WriteAllText(Path.Combine(folder, "blkio.throttle.io_service_bytes"), "254:0 Read 4096\n254:0 Write 8192\n254:0 Total 12288\nTotal 12288\n");
        using var reader = new CgroupV1Reader(folder, folder, folder);
        var sample = reader.Read(Instant.Epoch);

        Assert.Equal(2.5, sample.CpuSeconds);
        Assert.Equal((300000000, 350000000), (sample.MemoryBytes!.Value, sample.MemoryPeakBytes!.Value));
        Assert.Equal((4096, 8192), (sample.DiskReadBytes!.Value, sample.DiskWriteBytes!.Value));
    }

    [Fact]
    public void Of_several_readers_the_first_that_knows_is_heard_and_for_disks_the_one_that_saw_most()
    {
        Foreflow.Core.Profiling.UsageSample first = new(Instant.Epoch, 1, null, null, 10, 20, null, null), second = new(Instant.Epoch, 2, 5, 6, 30, 5, null, 7);
        using var both = new CombinedReader(new Fixed(first), new Fixed(second));

        Assert.Equal(new(Instant.Epoch, 1, 5, 6, 30, 20, null, 7), both.Read(Instant.Epoch));
    }

    private static string Recorded(string name) => Path.Combine(AppContext.BaseDirectory, "Sampling", "Recorded", "cgroup-v2", name);

    private sealed class Fixed(Foreflow.Core.Profiling.UsageSample sample) : IUsageReader
    {
        public Foreflow.Core.Profiling.UsageSample Read(Instant at) => sample;

        public void Dispose()
        {
        }
    }
}
