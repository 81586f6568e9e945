using Foreflow.Engine.Storage;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Foreflow.Storage.Sqlite;

/// <summary>Says what an error of SQLite means to the engine and to people.</summary>
internal static class SqliteErrors
{
    public static StorageException Translate(SqliteException error, string file) => error.SqliteErrorCode switch
    {
        SQLITE_FULL => new StorageFullException(
            $"{file}: no room to write (disk, quota or size limit). Nothing old is lost; make room and it goes on by itself", error),
        SQLITE_IOERR when IsRefusedWrite(error.SqliteExtendedErrorCode) => new StorageFullException(
            $"{file}: the disk refuses to write ({error.Message}). Nothing old is lost; it goes on by itself once writing works again", error),
        SQLITE_BUSY or SQLITE_LOCKED => new StorageUnavailableException(
            $"{file}: another process has held the database for too long", outcomeUnknown: false, error),
        SQLITE_READONLY or SQLITE_PERM or SQLITE_CANTOPEN or SQLITE_AUTH => new StorageException(
            $"{file}: cannot be opened for writing ({error.Message}). Check the permissions of the folder and its files", error),
        SQLITE_CORRUPT or SQLITE_NOTADB => new StorageException(
            $"{file}: damaged, or not a database ({error.Message}). Stop Foreflow and put a backup in its place", error),
        _ => new StorageException($"{file}: {error.Message} (SQLite error {error.SqliteExtendedErrorCode})", error),
    };

    /// <summary>Input and output errors that come from writing; those from reading mean a broken disk, not a full one.</summary>
    private static bool IsRefusedWrite(int extended) => extended is
        SQLITE_IOERR_WRITE or SQLITE_IOERR_FSYNC or SQLITE_IOERR_DIR_FSYNC or SQLITE_IOERR_TRUNCATE
        or SQLITE_IOERR_SHMOPEN or SQLITE_IOERR_SHMSIZE or SQLITE_IOERR_SHMMAP;
}
