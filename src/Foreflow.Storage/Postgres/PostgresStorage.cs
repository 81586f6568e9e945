using System.Data.Common;
using System.Text.RegularExpressions;
using Dapper;
using DbUp;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Migrations;
using Foreflow.Storage.Tables;
using Npgsql;

namespace Foreflow.Storage.Postgres;

/// <summary>Everything an engine keeps, in one schema of a PostgreSQL database, shared by the engines of a cluster.</summary>
public sealed partial class PostgresStorage : IStorage
{
    private readonly NpgsqlDataSource source;
    private readonly NpgsqlDataSource writing;
    private readonly PostgresWriter writer;
    private readonly PostgresOwnership ownership;
    private bool disposed;

    private PostgresStorage(string where, string schema, string connectionString, TimeSpan retryFor)
    {
        source = NpgsqlDataSource.Create(connectionString);
        writing = NpgsqlDataSource.Create(ForWriting(connectionString));
        writer = new PostgresWriter(where, writing, retryFor);
        var database = new PostgresDatabase(where, schema, source);
        Description = where;
        Runs = new RunStore(database, writer);
        Ownership = ownership = new PostgresOwnership(where, schema, source, database);
        Journal = new JournalStore(database, writer);
        Profiles = new ProfileStore(database);
        Blobs = new BlobStore(database);
        Workflows = new WorkflowStore(database);
        Switches = new SwitchStore(database);
        Results = new ResultCache(database);
        Gates = new GateStore(database);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public IRunStore Runs { get; }

    /// <inheritdoc/>
    public IRunOwnership Ownership { get; }

    /// <inheritdoc/>
    public IJournalStore Journal { get; }

    /// <inheritdoc/>
    public IProfileStore Profiles { get; }

    /// <inheritdoc/>
    public IBlobStore Blobs { get; }

    /// <inheritdoc/>
    public IWorkflowStore Workflows { get; }

    /// <inheritdoc/>
    public ISwitchStore Switches { get; }

    /// <inheritdoc/>
    public IResultCache Results { get; }

    /// <inheritdoc/>
    public IGateStore Gates { get; }

    /// <summary>Opens connections to the schema: for the cluster's membership table, which lives in it too.</summary>
    public DbDataSource DataSource => source;

    /// <summary>Opens the database's schema; makes it, or brings it up to date, where needed.</summary>
    /// <exception cref="SchemaTooNewException">A newer Foreflow wrote it.</exception>
    /// <exception cref="StorageException">It cannot be opened; the message says why.</exception>
    public static async Task<PostgresStorage> OpenAsync(PostgresOptions options, CancellationToken cancel = default)
    {
        if (!SchemaName().IsMatch(options.Schema))
            throw new ArgumentException($"'{options.Schema}' cannot be a schema's name: a-z, 0-9 and _ only, up to 60, not starting with a digit");
        var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString) { SearchPath = options.Schema };
        // What is acknowledged is on disk, whatever the server's default is.
        builder.Options = $"{builder.Options} -c synchronous_commit=on".Trim();
        var where = $"PostgreSQL at {builder.Host}:{builder.Port}/{builder.Database}, schema {options.Schema}";
        try
        {
            await MigrateAsync(where, builder.ToString(), options.Schema, cancel);
            return new PostgresStorage(where, options.Schema, builder.ToString(), options.RetryFor);
        }
        catch (Exception error)
        {
            throw PostgresErrors.Translate(error, where, outcomeUnknown: false);
        }
    }

    /// <summary>Writes what still waits, marks the owner as gone and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        await writer.DisposeAsync();
        await ownership.DisposeAsync();
        await writing.DisposeAsync();
        await source.DisposeAsync();
    }

    /// <summary>The writer's statements meet few rows of large tables: the planner is kept from reading such a table whole when its statistics are old.</summary>
    private static string ForWriting(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        builder.Options += " -c enable_seqscan=off -c jit=off";
        builder.MaxPoolSize = 1;
        builder.MinPoolSize = 0;
        builder.MaxAutoPrepare = 20;
        builder.AutoPrepareMinUsages = 2;
        return builder.ToString();
    }

    private static async Task MigrateAsync(string where, string connectionString, string schema, CancellationToken cancel)
    {
        var migrator = new Migrator("Postgres", where);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString());
        await connection.OpenAsync(cancel);
        if (!migrator.IsNeeded(await AppliedAsync(connection, schema)))
        {
            await connection.ExecuteAsync("delete from writer where seen_at < now() - interval '7 days'");
            return;
        }

        await connection.ExecuteAsync("select pg_advisory_lock(@key)", new { key = AdvisoryKey.Of("migrate", schema) });
        await connection.ExecuteAsync($"create schema if not exists {schema}");
        if (migrator.IsNeeded(await AppliedAsync(connection, schema)))
        {
            migrator.Apply(DeployChanges.To
                .PostgresqlDatabase(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString())
                .JournalToPostgresqlTable(schema, "schemaversions"));
        }
    }

    private static async Task<List<string>> AppliedAsync(NpgsqlConnection connection, string schema) =>
        await connection.ExecuteScalarAsync<bool>("select to_regclass(@table) is not null", new { table = $"{schema}.schemaversions" })
            ? (await connection.QueryAsync<string>($"select scriptname from {schema}.schemaversions")).AsList()
            : [];

    [GeneratedRegex(@"\A[a-z_][a-z0-9_]{0,59}\z")]
    private static partial Regex SchemaName();
}
