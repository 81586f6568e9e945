using Dapper;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Tables;

/// <summary>What operators have set.</summary>
internal sealed class SwitchStore(IDatabase database) : ISwitchStore
{
    public async ValueTask SetAsync(string name, string value, CancellationToken cancel)
    {
        AppendRules.CheckName(name, "a switch's name");
        AppendRules.CheckName(value, $"the value of switch '{name}'");
        await database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                "insert into switch (name, value) values (@name, @value) on conflict (name) do update set value = excluded.value",
                new { name, value },
                transaction),
            cancel);
    }

    public ValueTask<bool> RemoveAsync(string name, CancellationToken cancel) => database.WriteAsync(
        async (connection, transaction) => await connection.ExecuteAsync("delete from switch where name = @name", new { name }, transaction) > 0, cancel);

    public ValueTask<IReadOnlyDictionary<string, string>> LoadAsync(CancellationToken cancel) => database.ReadAsync(
        async connection =>
        {
            var rows = await connection.QueryAsync<(string Name, string Value)>("select name, value from switch");
            return (IReadOnlyDictionary<string, string>)rows.ToDictionary(row => row.Name, row => row.Value);
        },
        cancel);
}
