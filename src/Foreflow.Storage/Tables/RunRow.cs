using System.Data.Common;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Tables;

/// <summary>A row of the table <c>run</c>.</summary>
internal readonly record struct RunRow(long Number, RunSummary Summary)
{
    /// <summary>The columns, in the order <see cref="Read"/> takes them.</summary>
    public const string Columns =
        "number, id, workflow, version, status, created_at, started_at, ended_at, priority, tasks_total, tasks_succeeded, tasks_failed, owner, message";

    public static RunRow Read(DbDataReader row) => new(
        row.GetInt64(0),
        new RunSummary
        {
            Id = new RunId(row.GetString(1)),
            Workflow = row.GetString(2),
            WorkflowVersion = row.GetString(3),
            Status = (RunStatus)row.GetInt64(4),
            CreatedAt = new Instant(row.GetInt64(5)),
            StartedAt = row.IsDBNull(6) ? null : new Instant(row.GetInt64(6)),
            EndedAt = row.IsDBNull(7) ? null : new Instant(row.GetInt64(7)),
            Priority = (int)row.GetInt64(8),
            TasksTotal = (int)row.GetInt64(9),
            TasksSucceeded = (int)row.GetInt64(10),
            TasksFailed = (int)row.GetInt64(11),
            Owner = row.IsDBNull(12) ? null : new OwnerId(row.GetString(12)),
            Message = row.IsDBNull(13) ? null : row.GetString(13),
        });
}
