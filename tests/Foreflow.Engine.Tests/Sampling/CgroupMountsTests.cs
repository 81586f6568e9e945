using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Sampling;

public sealed class CgroupMountsTests
{
    [Fact]
    public void A_unified_host_has_one_folder()
    {
        var mounts = CgroupMounts.Parse(
            "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n29 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n",
            "0::/user.slice/user-1000.slice/session-3.scope\n");

        Assert.Equal("/sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope", mounts.Unified);
        Assert.Empty(mounts.Controllers);
    }

    [Fact]
    public void A_hybrid_host_has_a_folder_a_controller_and_hierarchies_may_be_shared()
    {
        var mounts = CgroupMounts.Parse(
            """
            30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
            33 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct
            34 25 0:30 / /sys/fs/cgroup/memory rw shared:11 - cgroup cgroup rw,memory
            35 25 0:31 / /sys/fs/cgroup/systemd rw shared:12 - cgroup cgroup rw,xattr,name=systemd

            """,
            "5:cpu,cpuacct:/a\n4:memory:/b c\n1:name=systemd:/x\n0::/x\n");

        Assert.Equal("/sys/fs/cgroup/unified/x", mounts.Unified);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct/a", mounts.Controllers["cpu"]);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct/a", mounts.Controllers["cpuacct"]);
        Assert.Equal("/sys/fs/cgroup/memory/b c", mounts.Controllers["memory"]);
        Assert.Equal(3, mounts.Controllers.Count);
    }

    [Fact]
    public void A_container_sees_its_own_part_of_the_tree()
    {
        var mounts = CgroupMounts.Parse(
            "34 25 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n35 25 0:31 /docker/abc /mnt/my\\040groups ro - cgroup cgroup rw,pids\n",
            "4:memory:/docker/abc\n5:pids:/docker/abc/inner\n");

        Assert.Equal("/sys/fs/cgroup/memory", mounts.Controllers["memory"]);
        Assert.Equal("/mnt/my groups/inner", mounts.Controllers["pids"]);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("nonsense\n1 2 3 - x\n", "::\n0:\n")]
    public void Nothing_is_found_in_nonsense(string mountInfo, string groups)
    {
        var mounts = CgroupMounts.Parse(mountInfo, groups);

        Assert.Null(mounts.Unified);
        Assert.Empty(mounts.Controllers);
    }
}
