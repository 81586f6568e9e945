using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;
using Foreflow.Storage.Tests.Conformance;
using Microsoft.Data.Sqlite;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Sqlite;

public sealed class SqliteDamageFacts : IAsyncDisposable
{
    private const int Seed = 20_261_124;
    private readonly string folder = Directory.CreateTempSubdirectory("foreflow-damage-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_torn_or_flipped_end_of_the_log_loses_only_the_transactions_it_hits(bool flip)
    {
        var live = Path.Combine(folder, "live");
        await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = live });
        var log = Path.Combine(live, "foreflow.db-wal");
        var ends = new List<long>();
        await storage.Runs.AddAsync(Run("r1"));
        for (var i = 1; i <= 30; i++)
        {
            ends.Add(new FileInfo(log).Length);
            await storage.Runs.AppendAsync("r1", i, $"{i}");
        }

        var random = new Random(Seed);
        for (var attempt = 0; attempt < 8; attempt++)
        {
            var copy = Path.Combine(folder, $"{flip}{attempt}");
            Directory.CreateDirectory(copy);
            foreach (var file in (string[])["foreflow.db", "foreflow.db-wal"]) File.Copy(Path.Combine(live, file), Path.Combine(copy, file));
            var at = random.NextInt64(ends[0], new FileInfo(log).Length);
            Damage(Path.Combine(copy, "foreflow.db-wal"), at, flip);

            await using var recovered = SqliteStorage.Open(new SqliteOptions { Folder = copy });
            var whole = ends.Count(end => end <= at);
            string[] expected = ["accepted", .. Enumerable.Range(1, whole - 1).Select(i => $"{i}")];
            Assert.Equal(expected, await recovered.Runs.TextsAsync("r1"));
            await recovered.Runs.AppendAsync("r1", whole, "goes on");
        }
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_with_the_way_out()
    {
        await SqliteStorage.Open(new SqliteOptions { Folder = folder }).DisposeAsync();
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "foreflow.db")};Pooling=False"))
        {
            connection.Open();
            await using var command = connection.CreateCommand();
            command.CommandText = "insert into SchemaVersions (ScriptName, Applied) values ('Sqlite.0099_future.sql', '2030-01-01')";
            command.ExecuteNonQuery();
        }

        var error = Assert.Throws<SchemaTooNewException>(() => SqliteStorage.Open(new SqliteOptions { Folder = folder }));
        Assert.Contains("schema 0099", error.Message);
        Assert.Contains("update Foreflow", error.Message);
    }

    [Fact]
    public void A_file_that_is_no_database_is_named()
    {
        File.WriteAllText(Path.Combine(folder, "foreflow.db"), new string('x', 10_000));
        var error = Assert.Throws<StorageException>(() => SqliteStorage.Open(new SqliteOptions { Folder = folder }));
        Assert.Contains("foreflow.db: damaged, or not a database", error.Message);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        File.WriteAllText(Path.Combine(folder, "file"), "");
        var error = Assert.Throws<StorageException>(() => SqliteStorage.Open(new SqliteOptions { Folder = Path.Combine(folder, "file", "data") }));
        Assert.Contains("cannot be used as data folder", error.Message);
    }

    [Fact]
    public async Task A_backup_of_a_store_in_use_can_be_opened()
    {
        await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = Path.Combine(folder, "live") });
        await storage.Runs.AddAsync(Run("r1"));
        var copy = Directory.CreateDirectory(Path.Combine(folder, "copy")).FullName;
        await storage.BackupAsync(Path.Combine(copy, "foreflow.db"));
        await storage.Runs.AddAsync(Run("r2"));
        await using var restored = SqliteStorage.Open(new SqliteOptions { Folder = copy });
        Assert.Equal(["r1"], await restored.Runs.IdsAsync(new RunQuery()));
        await restored.Runs.AppendAsync("r1", 1, "goes on");
        await Assert.ThrowsAsync<StorageException>(async () => await storage.BackupAsync(Path.Combine(copy, "foreflow.db")));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static void Damage(string path, long at, bool flip)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        if (!flip)
        {
            file.SetLength(at);
            return;
        }

        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x40));
    }
}
