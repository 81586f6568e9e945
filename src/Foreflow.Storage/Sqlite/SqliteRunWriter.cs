using System.Runtime.InteropServices;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Tables;
using Foreflow.Storage.Writing;
using Microsoft.Data.Sqlite;

namespace Foreflow.Storage.Sqlite;

/// <summary>Writes run appends within the group's transaction.</summary>
internal sealed class SqliteRunWriter : IDisposable
{
    // Numbers of runs lately written to. Emptied when full: a lookup costs about a microsecond.
    private const int KnownRuns = 65_536;

    private readonly Dictionary<RunId, long> numbers = [];
    private readonly Dictionary<(string Workflow, RunStatus Status), long> counts = [];
    private readonly SqliteStatement findNumber;
    private readonly SqliteStatement insertRun;
    private readonly SqliteStatement findStatus;
    private readonly SqliteStatement updateRun;
    private readonly SqliteStatement insertFollowing;
    private readonly SqliteStatement insertEvent;
    private readonly SqliteStatement changeCount;

    public SqliteRunWriter(SqliteConnection connection)
    {
        findNumber = new(connection, "select number from run where id = ?1");
        insertRun = new(connection, """
            insert into run (id, workflow, version, status, created_at, started_at, ended_at, priority, tasks_total, tasks_succeeded, tasks_failed, owner, message)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) on conflict do nothing returning number
            """);
        findStatus = new(connection, "select workflow, status from run where number = ?1");
        updateRun = new(connection, """
            update run set status = ?2, started_at = ?3, ended_at = ?4, priority = ?5, tasks_total = ?6, tasks_succeeded = ?7, tasks_failed = ?8, owner = ?9, message = ?10
            where number = ?1
            """);
        // The event before must be there and this one must not: the whole of optimistic concurrency, in one index page.
        insertFollowing = new(connection, """
            insert into run_event (key, payload) select ?1, ?2 where exists (select 1 from run_event where key = ?1 - 1) on conflict do nothing
            """);
        insertEvent = new(connection, "insert into run_event (key, payload) values (?1, ?2)");
        changeCount = new(connection, """
            insert into run_count (workflow, status, count) values (?1, ?2, ?3) on conflict (workflow, status) do update set count = count + excluded.count
            """);
    }

    /// <summary>Writes one append; false when the run has other events than it expects.</summary>
    public bool Write(in RunAppend append)
    {
        long number;
        var written = 0;
        if (append.NextSequence == 0)
        {
            if (Insert(append.Summary!) is not { } inserted) return false;
            number = inserted;
        }
        else
        {
            if (FindNumber(append.Run) is not { } found) return false;
            number = found;
            if (insertFollowing.Bind(1, Keys.Event(number, append.NextSequence)).Bind(2, append.Events[0].Span).Run() == 0) return false;
            written = 1;
            if (append.Summary is { } summary) Update(number, summary);
        }

        for (; written < append.Events.Count; written++)
            insertEvent.Bind(1, Keys.Event(number, append.NextSequence + written)).Bind(2, append.Events[written].Span).Run();
        return true;
    }

    /// <summary>Writes the counts that the group changed. Call before the commit.</summary>
    public void WriteCounts()
    {
        foreach (var ((workflow, status), change) in counts)
            if (change != 0) ChangeCount(new RunCount(workflow, status, change));
        counts.Clear();
    }

    public void ChangeCount(RunCount change) => changeCount.Bind(1, change.Workflow).Bind(2, (long)change.Status).Bind(3, change.Count).Run();

    /// <summary>Forgets what a transaction that was rolled back had made known.</summary>
    public void Forget()
    {
        numbers.Clear();
        counts.Clear();
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[findNumber, insertRun, findStatus, updateRun, insertFollowing, insertEvent, changeCount])
            statement.Dispose();
    }

    private long? FindNumber(RunId run)
    {
        if (numbers.TryGetValue(run, out var known)) return known;
        if (findNumber.Bind(1, run.Value).RunForNumber() is not { } number) return null;
        Remember(run, number);
        return number;
    }

    private void Remember(RunId run, long number)
    {
        if (numbers.Count >= KnownRuns) numbers.Clear();
        numbers[run] = number;
    }

    private long? Insert(RunSummary run)
    {
        var number = insertRun
            .Bind(1, run.Id.Value).Bind(2, run.Workflow).Bind(3, run.WorkflowVersion).Bind(4, (long)run.Status)
            .Bind(5, run.CreatedAt.Ticks).Bind(6, run.StartedAt?.Ticks).Bind(7, run.EndedAt?.Ticks).Bind(8, run.Priority)
            .Bind(9, run.TasksTotal).Bind(10, run.TasksSucceeded).Bind(11, run.TasksFailed).Bind(12, run.Owner?.Value).Bind(13, run.Message)
            .RunForNumber();
        if (number is null) return null;
        Remember(run.Id, number.Value);
        Count(run.Workflow, run.Status, 1);
        return number;
    }

    private void Update(long number, RunSummary run)
    {
        var (workflow, before) = findStatus.Bind(1, number).RunForTextAndNumber()!.Value;
        if (before != (long)run.Status)
        {
            Count(workflow, (RunStatus)before, -1);
            Count(workflow, run.Status, 1);
        }

        updateRun
            .Bind(1, number).Bind(2, (long)run.Status).Bind(3, run.StartedAt?.Ticks).Bind(4, run.EndedAt?.Ticks).Bind(5, run.Priority)
            .Bind(6, run.TasksTotal).Bind(7, run.TasksSucceeded).Bind(8, run.TasksFailed).Bind(9, run.Owner?.Value).Bind(10, run.Message)
            .Run();
        if (!run.Status.IsOpen()) numbers.Remove(run.Id);
    }

    private void Count(string workflow, RunStatus status, long change) =>
        CollectionsMarshal.GetValueRefOrAddDefault(counts, (workflow, status), out _) += change;
}
