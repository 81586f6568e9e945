using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>Long-lived workers over both protocols: good and bad answers, health, and every way to end.</summary>
public sealed class WorkerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private NodeFixture node = null!;

    public static TheoryData<WorkerProtocol> Protocols => [WorkerProtocol.Http, WorkerProtocol.JsonLines];

    public ValueTask InitializeAsync()
    {
        node = new();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_worker_takes_task_after_task(WorkerProtocol protocol)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol));
        for (var i = 0; i < 3; i++)
        {
            var task = node.Job("echo", ",\"text\":\"a\\nb ü€\"") with { IdempotencyKey = "key-1", TraceParent = "00-1-2-03" };
            var outcome = await NodeFixture.DoAsync(worker, task);

            Assert.Equal((AttemptCause.Succeeded, ""), (outcome.Cause, outcome.Detail));
            var told = JsonDocument.Parse(outcome.OutputJson!).RootElement;
            Assert.Equal(("run-1", "stage", 1, "key-1", "00-1-2-03"), (told.GetProperty("run").GetString(), told.GetProperty("stage").GetString(), told.GetProperty("attempt").GetInt32(), told.GetProperty("idempotencyKey").GetString(), told.GetProperty("traceparent").GetString()));
            Assert.Equal("a\nb ü€", told.GetProperty("input").GetProperty("text").GetString());
        }

        worker.Drain();
        var end = await worker.Ended.WaitAsync(Patience);
        Assert.Equal((AttemptCause.Succeeded, 3L), (end.Cause, end.TasksAnswered));
        Assert.InRange(end.StartUp!.Value.TotalSeconds, 0.01, 60);
        Assert.InRange(end.Usage!.CpuSeconds!.Value, 0.01, 60);
    }

    [Theory]
    [InlineData(WorkerProtocol.Http, "error", AttemptCause.ExitCode, "no such word")]
    [InlineData(WorkerProtocol.JsonLines, "error", AttemptCause.ExitCode, "no such word")]
    [InlineData(WorkerProtocol.Http, "busy", AttemptCause.Busy, "pushed back")]
    [InlineData(WorkerProtocol.JsonLines, "busy", AttemptCause.Busy, "pushed back")]
    [InlineData(WorkerProtocol.Http, "garbage", AttemptCause.BadOutput, "not valid JSON")]
    [InlineData(WorkerProtocol.JsonLines, "garbage", AttemptCause.BadOutput, "not valid JSON")]
    [InlineData(WorkerProtocol.Http, "huge", AttemptCause.BadOutput, "larger than 1048576")]
    [InlineData(WorkerProtocol.JsonLines, "huge", AttemptCause.BadOutput, "larger than 1048576")]
    public async Task A_bad_answer_fails_the_task_and_not_the_worker(WorkerProtocol protocol, string what, AttemptCause cause, string words)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol));

        var outcome = await NodeFixture.DoAsync(worker, node.Job(what));

        Assert.Equal((cause, true), (outcome.Cause, outcome.Detail.Contains(words)));
        Assert.Equal(AttemptCause.Succeeded, (await NodeFixture.DoAsync(worker, node.Job("echo"))).Cause);
    }

    [Theory]
    [InlineData("chatter", "\"after chatter\"")]
    [InlineData("wrong-id", "2")]
    public async Task Lines_that_are_no_answers_are_passed_over(string what, string output)
    {
        var order = node.Worker(WorkerProtocol.JsonLines);
        var worker = await node.ReadyAsync(order);

        Assert.Equal(output, (await NodeFixture.DoAsync(worker, node.Job(what))).OutputJson);
        worker.Drain();
        await worker.Ended.WaitAsync(Patience);
        Assert.StartsWith("loading …\n", File.ReadAllText(Path.Combine(order.WorkerFolder, AttemptFiles.StandardOutput)));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Death_in_mid_task_is_told_at_once(WorkerProtocol protocol)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol));

        var outcome = await NodeFixture.DoAsync(worker, node.Job("die"));
        var end = await worker.Ended.WaitAsync(Patience);

        Assert.Equal((AttemptCause.WorkerLost, true), (outcome.Cause, outcome.Detail.Contains("exit code 7")));
        Assert.Equal((AttemptCause.ExitCode, (int?)7), (end.Cause, end.ExitCode));
        Assert.Equal(AttemptCause.Busy, (await NodeFixture.DoAsync(worker, node.Job("echo"))).Cause);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_task_that_takes_too_much_memory_is_out_of_memory(WorkerProtocol protocol)
    {
        Host.NeedsGroups(GroupingKind.Best);
        var worker = await node.ReadyAsync(node.Worker(protocol) with { Limits = new(MemoryBytes: 160 << 20) });

        var outcome = await NodeFixture.DoAsync(worker, node.Job("allocate", $",\"bytes\":{400 << 20}"));

        Assert.Equal((AttemptCause.OutOfMemory, AttemptCause.OutOfMemory), (outcome.Cause, (await worker.Ended.WaitAsync(Patience)).Cause));
    }

    [Theory]
    [InlineData(WorkerProtocol.Http, "dies-at-start", AttemptCause.ExitCode, "exit code 9")]
    [InlineData(WorkerProtocol.JsonLines, "dies-at-start", AttemptCause.ExitCode, "exit code 9")]
    [InlineData(WorkerProtocol.Http, "never-ready", AttemptCause.Timeout, "GET /healthz")]
    [InlineData(WorkerProtocol.JsonLines, "never-ready", AttemptCause.Timeout, "{\"ready\":true}")]
    public async Task A_worker_that_never_gets_ready_says_why(WorkerProtocol protocol, string mode, AttemptCause cause, string words)
    {
        var readyTimeout = cause == AttemptCause.Timeout ? TimeSpan.FromSeconds(1) : Patience;
        var worker = node.Runner.StartWorker(node.Worker(protocol, mode) with { ReadyTimeout = readyTimeout });

        Assert.Null(await worker.Ready.WaitAsync(Patience));
        var end = await worker.Ended.WaitAsync(Patience);
        Assert.Equal((cause, true), (end.Cause, end.Detail.Contains(words)));
        Assert.Null(end.StartUp);
    }

    [Fact]
    public async Task A_worker_that_cannot_be_started_says_why()
    {
        var worker = node.Runner.StartWorker(node.Worker(WorkerProtocol.Http) with { Command = ["./missing"] });

        Assert.Equal((AttemptCause.StartFailed, null), ((await worker.Ended.WaitAsync(Patience)).Cause, await worker.Ready));
    }

    [Fact]
    public async Task Readiness_waits_for_a_slow_start()
    {
        var worker = await node.ReadyAsync(node.Worker(WorkerProtocol.Http, "slow-start"));

        Assert.Equal(AttemptCause.Succeeded, (await NodeFixture.DoAsync(worker, node.Job("echo"))).Cause);
    }

    [Fact]
    public async Task A_worker_that_falls_ill_is_given_up_with_its_task()
    {
        var worker = await node.ReadyAsync(node.Worker(WorkerProtocol.Http) with { HealthPeriod = TimeSpan.FromMilliseconds(20), Grace = TimeSpan.FromMilliseconds(100) });

        var outcome = await NodeFixture.DoAsync(worker, node.Job("fall-ill"));

        Assert.Equal((AttemptCause.HealthCheckFailed, AttemptCause.HealthCheckFailed), (outcome.Cause, (await worker.Ended.WaitAsync(Patience)).Cause));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task No_more_tasks_run_at_once_than_it_takes(WorkerProtocol protocol)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol) with { Concurrency = 2, Grace = TimeSpan.FromMilliseconds(50) });
        var first = worker.Execute(node.Job("hang"));
        var second = worker.Execute(node.Job("hang"));

        Assert.Equal(AttemptCause.Busy, (await NodeFixture.DoAsync(worker, node.Job("echo"))).Cause);
        Assert.Equal(2, worker.InFlight);

        worker.Stop(AttemptCause.Preempted);
        Assert.Equal(AttemptCause.Preempted, (await first.Completion.WaitAsync(Patience)).Cause);
        Assert.Equal(AttemptCause.Preempted, (await second.Completion.WaitAsync(Patience)).Cause);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_task_over_its_time_takes_the_worker_with_it_when_nothing_else_ends_it(WorkerProtocol protocol)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol) with { Grace = TimeSpan.FromMilliseconds(50) });

        var outcome = await NodeFixture.DoAsync(worker, node.Job("hang") with { Timeout = TimeSpan.FromMilliseconds(50) });

        Assert.Equal(AttemptCause.Timeout, outcome.Cause);
        Assert.Equal(AttemptCause.WorkerLost, (await worker.Ended.WaitAsync(Patience)).Cause);
    }

    [Fact]
    public async Task A_worker_that_heeds_a_cancel_lives_on()
    {
        var worker = await node.ReadyAsync(node.Worker(WorkerProtocol.JsonLines, "cancellable"));
        var task = worker.Execute(node.Job("hang"));

        task.End(AttemptCause.Cancelled);

        Assert.Equal(AttemptCause.Cancelled, (await task.Completion.WaitAsync(Patience)).Cause);
        Assert.Equal(AttemptCause.Succeeded, (await NodeFixture.DoAsync(worker, node.Job("echo"))).Cause);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_task_that_must_end_does_not_take_its_neighbours_along(WorkerProtocol protocol)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol) with { Concurrency = 2, Grace = TimeSpan.FromMilliseconds(50) });
        var neighbour = worker.Execute(node.Job("burn", ",\"seconds\":0.5"));
        var stuck = worker.Execute(node.Job("hang"));

        stuck.End(AttemptCause.Cancelled);

        Assert.Equal((AttemptCause.Succeeded, "\"burnt\""), (await neighbour.Completion.WaitAsync(Patience)) is var other ? (other.Cause, other.OutputJson) : default);
        Assert.Equal(AttemptCause.Cancelled, (await stuck.Completion.WaitAsync(Patience)).Cause);
        await worker.Ended.WaitAsync(Patience);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_drain_lets_the_task_finish(WorkerProtocol protocol)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol));
        var task = worker.Execute(node.Job("burn", ",\"seconds\":0.2"));

        worker.Drain();

        Assert.Equal(AttemptCause.Busy, (await NodeFixture.DoAsync(worker, node.Job("echo"))).Cause);
        Assert.Equal(AttemptCause.Succeeded, (await task.Completion.WaitAsync(Patience)).Cause);
        Assert.Equal(AttemptCause.Succeeded, (await worker.Ended.WaitAsync(Patience)).Cause);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_task_is_told_what_it_took(WorkerProtocol protocol)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol));
        await NodeFixture.DoAsync(worker, node.Job("burn", ",\"seconds\":0.3"));

        var nothing = await NodeFixture.DoAsync(worker, node.Job("echo"));
        var much = await NodeFixture.DoAsync(worker, node.Job("burn", ",\"seconds\":0.5"));

        Assert.InRange(nothing.Usage!.MemoryPeakBytes!.Value, 1 << 20, 200 << 20);
        Assert.InRange(nothing.Usage!.CpuSeconds!.Value, 0, 0.15);
        Assert.InRange(much.Usage!.CpuSeconds!.Value, 0.45, 0.75);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Tasks_side_by_side_share_what_was_taken(WorkerProtocol protocol)
    {
        var worker = await node.ReadyAsync(node.Worker(protocol) with { Concurrency = 2 });
        var burning = worker.Execute(node.Job("burn", ",\"seconds\":0.6")).Completion;
        var beside = worker.Execute(node.Job("burn", ",\"seconds\":0.6")).Completion;

        var (a, b) = ((await burning.WaitAsync(Patience)).Usage!.CpuSeconds!.Value, (await beside.WaitAsync(Patience)).Usage!.CpuSeconds!.Value);

        // Each burns until the process has used 0.6 s more, so together they take between that and twice as much.
        Assert.Null((await burning).Usage!.MemoryPeakBytes);
        Assert.InRange(a + b, 0.55, 1.5);
        Assert.InRange(Math.Min(a, b) / Math.Max(a, b), 0.3, 1);
    }

    [Fact]
    public async Task A_frozen_worker_is_not_taken_for_ill()
    {
        var worker = await node.ReadyAsync(node.Worker(WorkerProtocol.Http) with { HealthPeriod = TimeSpan.FromMilliseconds(10), HealthTimeout = TimeSpan.FromMilliseconds(10), HealthFailuresAllowed = 0 });

        Assert.True(worker.Freeze());
        await Task.Delay(200);
        Assert.False(worker.Ended.IsCompleted);
        worker.Stop(AttemptCause.Cancelled, TimeSpan.Zero);
        Assert.Equal(AttemptCause.Cancelled, (await worker.Ended.WaitAsync(Patience)).Cause);
    }
}
