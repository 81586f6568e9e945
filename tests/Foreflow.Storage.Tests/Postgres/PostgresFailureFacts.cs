using Dapper;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Postgres;
using Foreflow.Storage.Tests.Conformance;
using Npgsql;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Postgres;

public sealed class PostgresFailureFacts
{
    [Fact]
    public async Task A_connection_cut_again_and_again_loses_nothing_and_stores_nothing_twice()
    {
        var server = await SharedPostgres.GetAsync();
        var options = new PostgresOptions { ConnectionString = server.ConnectionString + ";Application Name=cut", Schema = server.NewSchema() };
        await using var storage = await PostgresStorage.OpenAsync(options);
        await using var admin = new NpgsqlConnection(server.ConnectionString);
        await admin.OpenAsync();
        var acknowledged = 0;
        var appending = AppendManyAsync(storage, () => Interlocked.Increment(ref acknowledged));
        // Cut whenever it has got some way since the last cut, so that cuts fall into every phase of a group.
        for (var cuts = 1; cuts <= 14; cuts++)
        {
            while (Volatile.Read(ref acknowledged) < cuts * 80 && !appending.IsCompleted) await Task.Delay(1);
            await admin.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut'");
        }

        await appending;
        await AssertWholeAsync(storage);
    }

    [Fact]
    public async Task A_server_that_crashes_and_starts_again_loses_nothing_and_the_owner_is_alive_again()
    {
        Assert.SkipWhen(PostgresServer.WhyNot() is not null, PostgresServer.WhyNot() ?? "");
        var server = await PostgresServer.StartAsync();
        try
        {
            await using var storage = await PostgresStorage.OpenAsync(new PostgresOptions { ConnectionString = server.ConnectionString });
            var owner = new OwnerId("cluster");
            await storage.Ownership.AcquireAsync(owner);
            var appending = AppendManyAsync(storage);
            await server.CrashAndStartAsync();
            await appending;
            await AssertWholeAsync(storage);
            // The mark is renewed in the background.
            for (var i = 0; i < 500 && !await storage.Ownership.IsAliveAsync(owner); i++) await Task.Delay(20);
            Assert.True(await storage.Ownership.IsAliveAsync(owner));
        }
        finally
        {
            server.Remove();
        }
    }

    [Fact]
    public async Task A_server_that_stays_away_is_told_in_time()
    {
        var server = await SharedPostgres.GetAsync();
        var nowhere = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = 1 }.ToString();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => PostgresStorage.OpenAsync(new PostgresOptions { ConnectionString = nowhere }));
        Assert.Contains("PostgreSQL at 127.0.0.1:1/postgres, schema foreflow: cannot be reached", error.Message);
        var missing = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "missing" }.ToString();
        Assert.Contains("Create it first", (await Assert.ThrowsAsync<StorageException>(
            () => PostgresStorage.OpenAsync(new PostgresOptions { ConnectionString = missing }))).Message);
    }

    [Fact]
    public async Task A_schema_of_a_newer_version_is_refused_with_the_way_out()
    {
        var server = await SharedPostgres.GetAsync();
        var options = new PostgresOptions { ConnectionString = server.ConnectionString, Schema = server.NewSchema() };
        await (await PostgresStorage.OpenAsync(options)).DisposeAsync();
        await using var admin = new NpgsqlConnection(server.ConnectionString);
        await admin.ExecuteAsync($"insert into {options.Schema}.schemaversions (scriptname, applied) values ('Postgres.0099_future.sql', now())");
        var error = await Assert.ThrowsAsync<SchemaTooNewException>(() => PostgresStorage.OpenAsync(options));
        Assert.Contains("schema 0099", error.Message);
    }

    [Fact]
    public async Task Many_processes_may_make_the_schema_at_once()
    {
        var server = await SharedPostgres.GetAsync();
        var options = new PostgresOptions { ConnectionString = server.ConnectionString, Schema = server.NewSchema() };
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgresStorage.OpenAsync(options)));
        await stores[3].Runs.AddAsync(Run("r1"));
        Assert.Equal(["r1"], await stores[0].Runs.IdsAsync(new RunQuery()));
        foreach (var storage in stores) await storage.DisposeAsync();
    }

    private static Task AppendManyAsync(IStorage storage, Action? acknowledged = null) => Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
    {
        await storage.Runs.AddAsync(Run($"r{i:D2}", RunStatus.Running));
        for (var next = 1; next <= 60; next++)
        {
            var status = next % 2 == 0 ? RunStatus.Running : RunStatus.Paused;
            await storage.Runs.AppendAsync(new RunAppend(new RunId($"r{i:D2}"), next, [Bytes($"{next}")], Run($"r{i:D2}", status)));
            acknowledged?.Invoke();
        }
    }));

    private static async Task AssertWholeAsync(IStorage storage)
    {
        for (var i = 0; i < 20; i++)
            Assert.Equal(Enumerable.Range(1, 60).Select(next => $"{next}"), await storage.Runs.TextsAsync($"r{i:D2}", from: 1));
        Assert.Equal([new("nightly", RunStatus.Running, 20)], await storage.Runs.CountAsync());
    }
}
