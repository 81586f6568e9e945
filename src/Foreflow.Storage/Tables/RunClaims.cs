using System.Data.Common;
using Dapper;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Tables;

/// <summary>The part of owning runs that is SQL. Who is dead is for each database to say.</summary>
internal static class RunClaims
{
    private static readonly string IsOpen =
        $"status in ({string.Join(", ", Enum.GetValues<RunStatus>().Where(status => status.IsOpen()).Select(status => (int)status))})";

    /// <summary>Everybody but <paramref name="owner"/> who owns an open run, in order.</summary>
    public static async Task<IReadOnlyList<OwnerId>> OtherOwnersAsync(DbConnection connection, DbTransaction? transaction, OwnerId owner)
    {
        var others = await connection.QueryAsync<string>(
            $"select distinct owner from run where {IsOpen} and owner <> @owner order by owner", new { owner = owner.Value }, transaction);
        return [.. others.Select(other => new OwnerId(other))];
    }

    /// <summary>Gives the open runs of dead owners, and those of nobody, to <paramref name="owner"/>.</summary>
    public static async Task<IReadOnlyList<RunId>> ClaimAsync(
        DbConnection connection, DbTransaction? transaction, OwnerId owner, IReadOnlyList<OwnerId> dead)
    {
        var claimed = new List<(string Id, long Number)>();
        foreach (var from in (IEnumerable<string?>)[null, .. dead.Select(other => other.Value)])
        {
            claimed.AddRange(await connection.QueryAsync<(string, long)>(
                $"update run set owner = @owner where {IsOpen} and owner {(from is null ? "is null" : "= @from")} returning id, number",
                new { owner = owner.Value, from },
                transaction));
        }

        return [.. claimed.OrderBy(run => run.Number).Select(run => new RunId(run.Id))];
    }

    /// <summary>The open runs of an owner, oldest first.</summary>
    public static async Task<IReadOnlyList<RunId>> OpenRunsAsync(DbConnection connection, OwnerId owner)
    {
        var runs = await connection.QueryAsync<string>(
            $"select id from run where {IsOpen} and owner = @owner order by number", new { owner = owner.Value });
        return [.. runs.Select(id => new RunId(id))];
    }
}
