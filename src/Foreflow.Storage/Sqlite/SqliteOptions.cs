namespace Foreflow.Storage.Sqlite;

/// <summary>How the data folder is used.</summary>
public sealed record SqliteOptions
{
    /// <summary>Folder that holds the database and the owners' locks; made when missing. On a local disk: file locks and memory maps do not work well on network shares.</summary>
    public required string Folder { get; init; }

    /// <summary>How long a write waits for another process, at most.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest size of the database file, in bytes; 0 for as large as the disk allows. The write-ahead log beside it comes on top: about 16 MB.</summary>
    public long MaxBytes { get; init; }

    /// <summary>Database pages the writer keeps in memory, in bytes.</summary>
    public int CacheBytes { get; init; } = 32 << 20;
}
