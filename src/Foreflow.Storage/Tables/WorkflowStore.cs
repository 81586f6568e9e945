using Dapper;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Tables;

/// <summary>Definitions of workflows by version.</summary>
internal sealed class WorkflowStore(IDatabase database) : IWorkflowStore
{
    private const string Select = "select name, version, definition, saved_at from workflow_version";

    public async ValueTask SaveAsync(WorkflowVersion workflow, CancellationToken cancel)
    {
        AppendRules.CheckName(workflow.Name, "a workflow's name");
        AppendRules.CheckName(workflow.Version, "a workflow's version");
        if (workflow.Definition.Length > StorageLimits.PayloadBytes / 4)
            throw new ArgumentException($"workflow '{workflow.Name}': the definition has {workflow.Definition.Length:N0} characters, more than {StorageLimits.PayloadBytes / 4:N0}");
        AppendRules.CheckText(workflow.Definition, $"workflow '{workflow.Name}': the definition");
        await database.WriteAsync(
            async (connection, transaction) =>
            {
                await database.LockAsync(connection, transaction, "workflow");
                return await connection.ExecuteAsync(
                    """
                    insert into workflow_version (name, version, definition, saved_at, generation)
                    values (@Name, @Version, @Definition, @savedAt, (select coalesce(max(generation), 0) + 1 from workflow_version where name = @Name))
                    on conflict (name, version) do update set saved_at = excluded.saved_at, generation = excluded.generation
                    """,
                    new { workflow.Name, workflow.Version, workflow.Definition, savedAt = workflow.SavedAt.Ticks },
                    transaction);
            },
            cancel);
    }

    public async ValueTask<WorkflowVersion?> FindAsync(string name, string version, CancellationToken cancel) =>
        (await QueryAsync($"{Select} where name = @name and version = @version", new { name, version }, cancel)).FirstOrDefault();

    public async ValueTask<WorkflowVersion?> FindCurrentAsync(string name, CancellationToken cancel) =>
        (await QueryAsync($"{Select} where name = @name order by generation desc limit 1", new { name }, cancel)).FirstOrDefault();

    public ValueTask<IReadOnlyList<WorkflowVersion>> ListAsync(CancellationToken cancel) => QueryAsync(
        $"{Select} w where generation = (select max(generation) from workflow_version o where o.name = w.name) order by name", null, cancel);

    public ValueTask<IReadOnlyList<WorkflowVersion>> HistoryAsync(string name, CancellationToken cancel) =>
        QueryAsync($"{Select} where name = @name order by generation desc", new { name }, cancel);

    private ValueTask<IReadOnlyList<WorkflowVersion>> QueryAsync(string sql, object? parameters, CancellationToken cancel) => database.ReadAsync(
        async connection =>
        {
            var rows = await connection.QueryAsync<(string Name, string Version, string Definition, long SavedAt)>(sql, parameters);
            return (IReadOnlyList<WorkflowVersion>)[.. rows.Select(row => new WorkflowVersion(row.Name, row.Version, row.Definition, new Instant(row.SavedAt)))];
        },
        cancel);
}
