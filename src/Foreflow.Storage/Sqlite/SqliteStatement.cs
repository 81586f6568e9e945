using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Foreflow.Storage.Sqlite;

/// <summary>
/// A prepared statement without the ADO.NET layer: no boxing of values and no reader an execution. Only the group writer needs it.
/// Parameters and columns count from 1 and from 0, as SQLite counts them.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 database;
    private readonly sqlite3_stmt statement;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        database = connection.Handle!;
        Check(sqlite3_prepare_v2(database, sql, out statement));
    }

    public SqliteStatement Bind(int parameter, long value)
    {
        Check(sqlite3_bind_int64(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, long? value)
    {
        if (value is { } number) return Bind(parameter, number);
        Check(sqlite3_bind_null(statement, parameter));
        return this;
    }

    public SqliteStatement Bind(int parameter, string? value)
    {
        if (value is null)
        {
            Check(sqlite3_bind_null(statement, parameter));
            return this;
        }

        Span<byte> buffer = stackalloc byte[512];
        Check(Encoding.UTF8.GetMaxByteCount(value.Length) <= buffer.Length
            ? sqlite3_bind_text(statement, parameter, buffer[..Encoding.UTF8.GetBytes(value, buffer)])
            : sqlite3_bind_text(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        // A null pointer would bind NULL: an empty payload is an empty blob.
        Check(value.IsEmpty ? sqlite3_bind_zeroblob(statement, parameter, 0) : sqlite3_bind_blob(statement, parameter, value));
        return this;
    }

    /// <summary>Runs it to its end and returns how many rows it changed.</summary>
    public int Run()
    {
        var code = sqlite3_step(statement);
        sqlite3_reset(statement);
        if (code != SQLITE_DONE && code != SQLITE_ROW) Throw(code);
        return sqlite3_changes(database);
    }

    /// <summary>The integer in its first row and column; null when there is no row.</summary>
    public long? RunForNumber()
    {
        var code = sqlite3_step(statement);
        long? value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : null;
        sqlite3_reset(statement);
        if (code != SQLITE_DONE && code != SQLITE_ROW) Throw(code);
        return value;
    }

    /// <summary>The text and the integer in its first row's first two columns; null when there is no row.</summary>
    public (string Text, long Number)? RunForTextAndNumber()
    {
        var code = sqlite3_step(statement);
        (string, long)? value = code == SQLITE_ROW ? (sqlite3_column_text(statement, 0).utf8_to_string(), sqlite3_column_int64(statement, 1)) : null;
        sqlite3_reset(statement);
        if (code != SQLITE_DONE && code != SQLITE_ROW) Throw(code);
        return value;
    }

    public void Dispose() => statement.Dispose();

    private void Check(int code)
    {
        if (code != SQLITE_OK) Throw(code);
    }

    private void Throw(int code) => throw new SqliteException(sqlite3_errmsg(database).utf8_to_string(), code & 0xFF, sqlite3_extended_errcode(database));
}
