using System.Net.Sockets;
using Foreflow.Engine.Storage;
using Npgsql;

namespace Foreflow.Storage.Postgres;

/// <summary>Says what an error of PostgreSQL means to the engine and to people.</summary>
internal static class PostgresErrors
{
    /// <summary>The server is away, starting, stopping, or the connection broke: worth another try on a new connection.</summary>
    public static bool IsAway(Exception error) => error switch
    {
        PostgresException { SqlState: var state } => state.StartsWith("08", StringComparison.Ordinal)
            || state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
                or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.QueryCanceled,
        NpgsqlException or SocketException or IOException or TimeoutException => true,
        _ => false,
    };

    /// <summary>Two transactions stood in each other's way: worth another try at once.</summary>
    public static bool IsClash(Exception error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    public static Exception Translate(Exception error, string where, bool outcomeUnknown) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull or PostgresErrorCodes.IoError } full => new StorageFullException(
            $"{where}: the server has no room to write ({full.MessageText}). Nothing old is lost; make room and it goes on by itself", full),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } denied =>
            new StorageException($"{where}: the server refuses this user ({denied.MessageText})", denied),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing => new StorageException(
            $"{where}: {missing.MessageText}. Create it first, for example with 'createdb'", missing),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied => new StorageException(
            $"{where}: this user may not do that ({denied.MessageText})", denied),
        StorageException or ArgumentException or OperationCanceledException => error,
        _ when IsAway(error) || IsClash(error) => new StorageUnavailableException(
            outcomeUnknown
                ? $"{where}: the connection broke while a write was being committed ({error.Message}). It may have been stored"
                : $"{where}: cannot be reached ({error.Message})",
            outcomeUnknown,
            error),
        PostgresException other => new StorageException($"{where}: {other.MessageText} (PostgreSQL error {other.SqlState})", other),
        _ => error,
    };
}
