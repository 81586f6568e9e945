using System.Data.Common;
using DbUp;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Migrations;
using Foreflow.Storage.Tables;
using Microsoft.Data.Sqlite;

namespace Foreflow.Storage.Sqlite;

/// <summary>Everything an engine keeps, in one SQLite database. Several processes on one machine may share the folder.</summary>
public sealed class SqliteStorage : IStorage
{
    /// <summary>The database's file within the folder.</summary>
    public const string FileName = "foreflow.db";

    private readonly string readers;
    private readonly SqliteWriter writer;
    private readonly SqliteOwnership ownership;
    private bool disposed;

    private SqliteStorage(string folder, string readers, SqliteConnection connection)
    {
        this.readers = readers;
        var file = Path.Combine(folder, FileName);
        writer = new SqliteWriter(file, connection);
        var database = new SqliteDatabase(file, readers, writer);
        Description = $"SQLite in {folder}";
        Runs = new RunStore(database, writer);
        Ownership = ownership = new SqliteOwnership(folder, database);
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

    /// <summary>Opens connections to the database: for a membership table of silos on this machine.</summary>
    public DbDataSource DataSource => SqliteFactory.Instance.CreateDataSource(readers);

    /// <summary>Opens the folder's database; makes it, or brings its schema up to date, where needed.</summary>
    /// <exception cref="SchemaTooNewException">A newer Foreflow wrote it.</exception>
    /// <exception cref="StorageException">It cannot be opened; the message says why.</exception>
    public static SqliteStorage Open(SqliteOptions options)
    {
        var folder = Path.GetFullPath(options.Folder);
        var file = Path.Combine(folder, FileName);
        try
        {
            Directory.CreateDirectory(folder);
            Migrate(folder, file);
            var readers = ConnectionString(file, options, pooling: true);
            var connection = new SqliteConnection(ConnectionString(file, options, pooling: false));
            try
            {
                connection.Open();
                Configure(connection, options);
                return new SqliteStorage(folder, readers, connection);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{folder}: cannot be used as data folder ({error.Message}). Check that it exists and may be written to", error);
        }
    }

    /// <summary>Writes a consistent copy of the database, while it is in use, to a file that must not exist yet.</summary>
    public ValueTask BackupAsync(string path) => new(Task.Run(() =>
    {
        if (File.Exists(path)) throw new StorageException($"{path}: there is such a file already");
        using var connection = new SqliteConnection(readers);
        try
        {
            connection.Open();
            Query(connection, $"vacuum into '{path.Replace("'", "''", StringComparison.Ordinal)}'");
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, path);
        }
    }));

    /// <summary>Writes what still waits, marks the owner as gone and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        await Task.Run(writer.Dispose).ConfigureAwait(false);
        ownership.Dispose();
        using var pool = new SqliteConnection(readers);
        SqliteConnection.ClearPool(pool);
    }

    private static string ConnectionString(string file, SqliteOptions options, bool pooling) => new SqliteConnectionStringBuilder
    {
        DataSource = file,
        Mode = SqliteOpenMode.ReadWrite,
        DefaultTimeout = Math.Max(1, (int)options.BusyTimeout.TotalSeconds),
        Pooling = pooling,
    }.ToString();

    private static void Configure(SqliteConnection connection, SqliteOptions options)
    {
        SQLitePCL.raw.sqlite3_busy_timeout(connection.Handle, (int)options.BusyTimeout.TotalMilliseconds);
        var pageBytes = (long)Query(connection, "pragma page_size").Single();
        // A checkpoint every 4,000 pages (16 MB) instead of 1,000: hot index pages are then copied back to the database a quarter as often.
        Query(connection, $"""
            pragma synchronous = full;
            pragma wal_autocheckpoint = 4000;
            pragma journal_size_limit = {32 << 20};
            pragma cache_size = -{options.CacheBytes >> 10};
            """);
        if (options.MaxBytes > 0) Query(connection, $"pragma max_page_count = {Math.Max(1, options.MaxBytes / pageBytes)}");
    }

    private static void Migrate(string folder, string file)
    {
        var migrator = new Migrator("Sqlite", file);
        var connectionString = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString();
        using var connection = new SqliteConnection(connectionString);
        if (File.Exists(file))
        {
            connection.Open();
            if (!migrator.IsNeeded(Applied(connection))) return;
            connection.Close();
        }

        Upgrade(migrator, folder, connection);
    }

    // Apart, so that opening a database that is up to date does not load what only an upgrade needs.
    private static void Upgrade(Migrator migrator, string folder, SqliteConnection connection)
    {
        using var alone = LockFile.Take(Path.Combine(folder, "migrate.lock"));
        connection.Open();
        Query(connection, "pragma journal_mode = wal");
        if (migrator.IsNeeded(Applied(connection))) migrator.Apply(DeployChanges.To.SqliteDatabase(connection.ConnectionString));
    }

    private static string[] Applied(SqliteConnection connection) =>
        Query(connection, "select 1 from sqlite_master where type = 'table' and name = 'SchemaVersions'").Count == 0
            ? []
            : [.. Query(connection, "select ScriptName from SchemaVersions").Cast<string>()];

    // Without the mapper used elsewhere: it would take longer to start than all of this.
    private static List<object> Query(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var values = new List<object>();
        while (reader.Read()) values.Add(reader.GetValue(0));
        return values;
    }
}
