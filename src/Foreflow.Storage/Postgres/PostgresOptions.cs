namespace Foreflow.Storage.Postgres;

/// <summary>Which PostgreSQL database is used, and how.</summary>
public sealed record PostgresOptions
{
    /// <summary>Connection string as Npgsql reads it: <c>Host=db;Database=foreflow;Username=foreflow</c>. The database must exist; PostgreSQL 13 or newer.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Schema of the database that holds the tables; made when missing.</summary>
    public string Schema { get; init; } = "foreflow";

    /// <summary>How long appends wait for a server that is away before they fail.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);
}
