using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Conformance;

public abstract class RunListFacts<TFixture> : StoreFacts<TFixture>
    where TFixture : IStoreFixture, new()
{
    [Fact]
    public async Task Every_field_of_a_summary_comes_back()
    {
        var queued = Run("r1", workflow: "ünï'\"code") with { Priority = -3, TasksTotal = 9, WorkflowVersion = "sha256:1" };
        await Store.Runs.AddAsync(queued);
        Assert.Equal(queued, await Store.Runs.FindAsync(queued.Id));
        var ended = queued with
        {
            Status = RunStatus.Failed,
            StartedAt = At(1.0000001),
            EndedAt = At(2),
            TasksTotal = 12,
            TasksSucceeded = 7,
            TasksFailed = 5,
            Priority = 8,
            Owner = new OwnerId("host-1.a_b"),
            Message = "stage 'split': exit code 3\n",
        };
        await Store.Runs.AppendAsync(new RunAppend(ended.Id, 1, [Bytes("ended")], ended));
        Assert.Equal(ended, await Store.Runs.FindAsync(ended.Id));
        Assert.Null(await Store.Runs.FindAsync(new RunId("r2")));
    }

    [Fact]
    public async Task An_append_without_summary_leaves_the_row_as_it_was()
    {
        await Store.Runs.AddAsync(Run("r1"));
        await Store.Runs.AppendAsync("r1", 1, "b");
        Assert.Equal(Run("r1"), await Store.Runs.FindAsync(new RunId("r1")));
    }

    [Fact]
    public async Task Filters_narrow_the_list_and_each_page_goes_on_where_the_last_ended()
    {
        // Times repeat, so that a page can end between runs of the same time.
        var statuses = Enum.GetValues<RunStatus>();
        var all = Enumerable.Range(0, 60)
            .Select(i => Run($"r{i:D2}", statuses[i * 7 % statuses.Length], $"w{i % 2}", created: i / 4)).ToList();
        foreach (var run in all) await Store.Runs.AddAsync(run);
        var query = Gen.Select(
            Gen.Int[0, 3].Select(i => ((string?[])[null, "w0", "w1", "none"])[i]), Gen.Int[0, statuses.Length - 1].Select(i => statuses[i]).HashSet[0, 3], Gen.Int[-1, 15], Gen.Int[1, 20],
            (workflow, chosen, since, limit) => new RunQuery
            {
                Workflow = workflow, Statuses = [.. chosen], Since = since < 0 ? null : At(since), Limit = limit,
            });
        await query.SampleAsync(
            async asked =>
            {
                var expected = all.AsEnumerable().Reverse()
                    .Where(run => asked.Workflow is null || run.Workflow == asked.Workflow)
                    .Where(run => asked.Statuses.Count == 0 || asked.Statuses.Contains(run.Status))
                    .Where(run => asked.Since is null || run.CreatedAt >= asked.Since);
                var found = new List<RunSummary>();
                for (RunCursor? after = null; ;)
                {
                    var page = await Store.Runs.ListAsync(asked with { After = after });
                    found.AddRange(page.Runs);
                    if (page.Next is null) break;
                    Assert.Equal(asked.Limit, page.Runs.Count);
                    Assert.True(RunCursor.TryParse(page.Next.Value.ToString(), out var next));
                    after = next;
                }

                Assert.Equal(expected, found);
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public async Task Runs_that_arrive_between_pages_neither_repeat_nor_hide_others()
    {
        for (var i = 0; i < 6; i++) await Store.Runs.AddAsync(Run($"r{i}", created: i));
        var first = await Store.Runs.ListAsync(new RunQuery { Limit = 3 });
        await Store.Runs.AddAsync(Run("r6", created: 6));
        Assert.Equal(["r2", "r1", "r0"], await Store.Runs.IdsAsync(new RunQuery { Limit = 3, After = first.Next }));
    }

    [Fact]
    public async Task Counts_follow_every_change_of_state()
    {
        await Store.Runs.AddAsync(Run("a"));
        await Store.Runs.AddAsync(Run("b"));
        await Store.Runs.AddAsync(Run("c", workflow: "other"));
        await Store.Runs.AppendAsync(new RunAppend(new RunId("a"), 1, [Bytes("x")], Run("a", RunStatus.Running)));
        await Store.Runs.AppendAsync(new RunAppend(new RunId("a"), 2, [Bytes("x")], Run("a", RunStatus.Succeeded)));
        await Store.Runs.AppendAsync(new RunAppend(new RunId("c"), 1, [Bytes("x")], Run("c", RunStatus.Cancelled, "other")));
        Assert.Equal(
            [new("nightly", RunStatus.Queued, 1), new("nightly", RunStatus.Succeeded, 1), new("other", RunStatus.Cancelled, 1)],
            await Store.Runs.CountAsync());
        Assert.Equal([new("other", RunStatus.Cancelled, 1)], await Store.Runs.CountAsync("other"));
    }

    [Fact]
    public async Task Counts_equal_the_rows_after_writes_by_two_processes_with_conflicts()
    {
        var other = await OpenAgainAsync();
        async Task WriteAsync(IStorage storage, int seed)
        {
            var random = new Random(seed);
            for (var i = 0; i < 300; i++)
            {
                var run = Run($"r{random.Next(40):D2}", (RunStatus)random.Next(6), $"w{random.Next(2)}");
                try
                {
                    var stored = await storage.Runs.FindAsync(run.Id);
                    var events = await storage.Runs.ReadAsync(run.Id);
                    await storage.Runs.AppendAsync(new RunAppend(run.Id, events.Count, [Bytes("x")], run with { Workflow = stored?.Workflow ?? run.Workflow }));
                }
                catch (StreamConflictException)
                {
                    // The other process was faster.
                }
            }
        }

        await Task.WhenAll(Task.Run(() => WriteAsync(Store, 1)), Task.Run(() => WriteAsync(other, 2)));
        var rows = (await Store.Runs.ListAsync(new RunQuery { Limit = 100 })).Runs;
        var counted = rows.GroupBy(run => (run.Workflow, run.Status)).OrderBy(group => group.Key)
            .Select(group => new RunCount(group.Key.Workflow, group.Key.Status, group.Count()));
        Assert.Equal(counted, await Store.Runs.CountAsync());
    }

    [Fact]
    public async Task The_start_of_an_id_finds_the_runs()
    {
        foreach (var id in (string[])["ab1", "ab2", "ac", "AB3", "b"]) await Store.Runs.AddAsync(Run(id));
        Assert.Equal(["ab1", "ab2"], (await Store.Runs.ResolveAsync("ab", 10)).Select(run => run.Value));
        Assert.Equal(["ab1"], (await Store.Runs.ResolveAsync("a", 1)).Select(run => run.Value));
        Assert.Empty(await Store.Runs.ResolveAsync("x%", 10));
    }

    [Fact]
    public async Task Pruning_takes_ended_runs_oldest_first_and_leaves_the_rest_whole()
    {
        for (var i = 0; i < 10; i++)
        {
            await Store.Runs.AddAsync(Run($"done{i}"));
            await Store.Runs.AppendAsync(new RunAppend(new RunId($"done{i}"), 1, [Bytes("x"), Bytes("y")], Run($"done{i}", RunStatus.Succeeded, ended: 10 - i)));
        }

        await Store.Runs.AddAsync(Run("open"));
        Assert.Equal(["done9", "done8"], (await Store.Runs.PruneAsync(At(8), 2)).Select(run => run.Value));
        Assert.Equal(["done7", "done6", "done5", "done4", "done3"], (await Store.Runs.PruneAsync(At(8), 100)).Select(run => run.Value));
        Assert.Empty(await Store.Runs.PruneAsync(At(8), 100));
        Assert.Null(await Store.Runs.FindAsync(new RunId("done5")));
        Assert.Empty(await Store.Runs.TextsAsync("done5"));
        Assert.Equal(["accepted", "x", "y"], await Store.Runs.TextsAsync("done1"));
        Assert.Equal(["accepted"], await Store.Runs.TextsAsync("open"));
        Assert.Equal([new("nightly", RunStatus.Queued, 1), new("nightly", RunStatus.Succeeded, 3)], await Store.Runs.CountAsync());
    }

    [Fact]
    public async Task A_pruned_run_does_not_come_back_to_life()
    {
        await Store.Runs.AddAsync(Run("r1", RunStatus.Succeeded));
        await (await OpenAgainAsync()).Runs.PruneAsync(At(1), 10);
        await Assert.ThrowsAsync<StreamConflictException>(async () => await Store.Runs.AppendAsync("r1", 1, "late"));
        await Store.Runs.AddAsync(Run("r1"));
        Assert.Equal(["accepted"], await Store.Runs.TextsAsync("r1"));
    }
}
