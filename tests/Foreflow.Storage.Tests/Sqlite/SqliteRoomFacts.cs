using System.Diagnostics;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;
using Foreflow.Storage.Tests.Conformance;
using Microsoft.Data.Sqlite;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Sqlite;

public sealed class SqliteRoomFacts : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("foreflow-room-").FullName;
    private bool mounted;

    [Fact]
    public async Task A_full_database_refuses_new_work_keeps_the_old_and_goes_on_when_there_is_room()
    {
        await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = folder, MaxBytes = 2 << 20 });
        var kept = await FillAsync(storage);
        Assert.Equal(kept, (await storage.Runs.CountAsync()).Sum(count => count.Count));
        for (var i = 0; i < kept; i++) Assert.Equal(100_000, (await storage.Runs.ReadAsync(new RunId($"r{i:D3}"))).Single().Length);

        await storage.Runs.PruneAsync(At(2), 5);
        await AddLargeAsync(storage, kept);
        Assert.Equal(kept - 5 + 1, (await storage.Runs.CountAsync()).Sum(count => count.Count));
    }

    [Fact]
    public async Task A_full_disk_refuses_new_work_keeps_the_old_and_goes_on_when_there_is_room()
    {
        mounted = Mount();
        Assert.SkipUnless(mounted, "a small file system cannot be mounted here (needs root)");
        await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = folder });
        await AddLargeAsync(storage, 0);
        var ballast = Path.Combine(folder, "ballast");
        await Assert.ThrowsAsync<IOException>(() => File.WriteAllBytesAsync(ballast, new byte[64 << 20]));
        var error = await Assert.ThrowsAsync<StorageFullException>(async () => await AddLargeAsync(storage, 1));
        Assert.Contains("no room to write", error.Message);
        await Assert.ThrowsAsync<StorageFullException>(async () => await storage.Switches.SetAsync("mode", new string('x', 300)));
        Assert.Equal(100_000, (await storage.Runs.ReadAsync(new RunId("r000"))).Single().Length);

        File.Delete(ballast);
        await AddLargeAsync(storage, 1);
        Assert.Equal(["r001", "r000"], await storage.Runs.IdsAsync(new RunQuery()));
    }

    [Fact]
    public async Task A_database_held_by_another_process_for_too_long_is_told_and_then_used_again()
    {
        await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = folder, BusyTimeout = TimeSpan.FromMilliseconds(100) });
        await using (var other = new SqliteConnection($"Data Source={Path.Combine(folder, "foreflow.db")};Pooling=False"))
        {
            other.Open();
            await using var transaction = other.BeginTransaction();
            var error = await Assert.ThrowsAsync<StorageUnavailableException>(async () => await storage.Runs.AddAsync(Run("r1")));
            Assert.False(error.OutcomeUnknown);
        }

        await storage.Runs.AddAsync(Run("r1"));
    }

    [Fact]
    public async Task Many_processes_may_make_the_database_at_once()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => SqliteStorage.Open(new SqliteOptions { Folder = folder }))));
        for (var i = 0; i < stores.Length; i++) await stores[i].Runs.AddAsync(Run($"r{i}"));
        Assert.Equal(6, (await stores[0].Runs.CountAsync()).Single().Count);
        foreach (var storage in stores) await storage.DisposeAsync();
    }

    public ValueTask DisposeAsync()
    {
        if (mounted) Run("umount", folder);
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static async Task<int> FillAsync(IStorage storage)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                await AddLargeAsync(storage, i);
            }
            catch (StorageFullException)
            {
                return i;
            }
        }
    }

    private static ValueTask AddLargeAsync(IStorage storage, int i)
    {
        var run = Samples.Run($"r{i:D3}", RunStatus.Succeeded, created: i, ended: 1);
        return storage.Runs.AppendAsync(new RunAppend(run.Id, 0, [new byte[100_000]], run));
    }

    private bool Mount() => OperatingSystem.IsLinux() && Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder);

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }

    private static RunSummary Run(string id) => Samples.Run(id);
}
