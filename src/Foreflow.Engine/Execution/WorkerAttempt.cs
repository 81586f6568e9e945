using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Execution.Workers;

namespace Foreflow.Engine.Execution;

/// <summary>An attempt that a worker carries out.</summary>
internal sealed class WorkerAttempt : IAttemptHandle
{
    private static readonly TimeSpan AnEndIsToldWithin = TimeSpan.FromSeconds(1);

    private readonly RunningWorker worker;
    private readonly WorkerTask order;
    private readonly bool taken;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource abandoned = new();
    private volatile string errorTail = "";
    private readonly TaskCompletionSource<(AttemptCause Cause, TimeSpan Grace)> endAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<(AttemptCause Cause, string Words)> workerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FreezableTimer? timeout;

    internal WorkerAttempt(RunningWorker worker, WorkerTask order, bool taken) =>
        (this.worker, this.order, this.taken, Completion) = (worker, order, taken, null!);

    public AttemptId Attempt => order.Attempt;

    public Task<AttemptOutcome> Completion { get; private set; }

    /// <summary>True when only the end of the whole worker can show that this attempt is over.</summary>
    internal bool WaitsForTheEnd { get; private set; }

    public void End(AttemptCause cause, TimeSpan? grace = null) => endAsked.TrySetResult((cause, grace ?? worker.Grace));

    internal void Begin() => Completion = taken ? Task.Run(RunAsync) : Task.FromResult(Outcome(worker.Now, AttemptCause.Busy, "the worker takes no task now", null, null));

    /// <param name="errorTail">The last lines of the worker's standard error: what it said of its end.</param>
    internal void WorkerEnded(AttemptCause cause, string words, string errorTail)
    {
        this.errorTail = errorTail;
        workerEnded.TrySetResult((cause, words));
    }

    internal void SetFrozen(bool frozen)
    {
        lock (gate) timeout?.SetFrozen(frozen);
    }

    private async Task<AttemptOutcome> RunAsync()
    {
        var startedAt = worker.Now;
        var mark = worker.Meter!.Begin();
        if (order.Timeout is { } limit)
        {
            lock (gate) timeout = new(worker.Time, limit, () => End(AttemptCause.Timeout));
        }

        var (cause, words, json) = await AskAsync().ConfigureAwait(false);
        timeout?.Dispose();
        var usage = worker.Meter.End(mark, order.InputBytes);
        worker.Done(this, cause is AttemptCause.Succeeded or AttemptCause.ExitCode or AttemptCause.BadOutput);
        return Outcome(startedAt, cause, words, json, cause == AttemptCause.Busy ? null : usage);
    }

    private async Task<(AttemptCause Cause, string Words, string? Json)> AskAsync()
    {
        var id = Attempt.ToString();
        ReadOnlyMemory<byte> message;
        try
        {
            message = TaskMessage.Write(id, order);
        }
        catch (StartFailedException e)
        {
            return (AttemptCause.StartFailed, e.Message, null);
        }

        var asking = worker.Channel!.AskAsync(id, message, abandoned.Token);
        await Task.WhenAny(asking, endAsked.Task, workerEnded.Task).ConfigureAwait(false);
        if (asking.IsCompleted) return await TakeAsync(await asking.ConfigureAwait(false)).ConfigureAwait(false);
        if (workerEnded.Task.IsCompleted) return await WorkerEndAsync().ConfigureAwait(false);
        return await EndAsync(id, asking).ConfigureAwait(false);
    }

    private async Task<(AttemptCause Cause, string Words, string? Json)> TakeAsync(WorkerAnswer answer)
    {
        if (answer.Kind == AnswerKind.Lost) return await LostAsync().ConfigureAwait(false);
        return Meaning(answer, order.Outputs, worker.MaxOutputBytes);
    }

    /// <summary>What an answer means for the task: how it ended, in words, and its output.</summary>
    internal static (AttemptCause Cause, string Words, string? Json) Meaning(WorkerAnswer answer, IReadOnlyList<string> outputs, int maxOutputBytes) => answer.Kind switch
    {
        AnswerKind.Busy => (AttemptCause.Busy, "the worker pushed back", null),
        AnswerKind.Error => (AttemptCause.ExitCode, $"the worker answered with an error: {answer.Text}", null),
        AnswerKind.Output => Checked(answer.Output, outputs, maxOutputBytes),
        _ => (AttemptCause.BadOutput, answer.Text, null),
    };

    /// <summary>No answer will come, mostly because the worker has ended, which is about to be told. If it has not, the task may still be running in there.</summary>
    private async Task<(AttemptCause Cause, string Words, string? Json)> LostAsync()
    {
        WaitsForTheEnd = true;
        worker.Close();
        await Task.WhenAny(workerEnded.Task, Task.Delay(AnEndIsToldWithin)).ConfigureAwait(false);
        if (!workerEnded.Task.IsCompleted) worker.Retire(worker.Grace);
        return await WorkerEndAsync().ConfigureAwait(false);
    }

    private static (AttemptCause Cause, string Words, string? Json) Checked(ReadOnlyMemory<byte> text, IReadOnlyList<string> outputs, int maxBytes)
    {
        if (text.Length > maxBytes) return (AttemptCause.BadOutput, $"its output is larger than {maxBytes} bytes", null);
        if (text.Length == 0) return outputs.Count == 0 ? (AttemptCause.Succeeded, "", null) : (AttemptCause.BadOutput, $"it declares the outputs {string.Join(", ", outputs)} but answered nothing", null);
        var (json, problem) = OutputDocument.Parse(text, outputs);
        return problem is null ? (AttemptCause.Succeeded, "", json) : (AttemptCause.BadOutput, problem, null);
    }

    private async Task<(AttemptCause Cause, string Words, string? Json)> EndAsync(string id, Task<WorkerAnswer> asking)
    {
        var (cause, grace) = await endAsked.Task.ConfigureAwait(false);
        var words = EndCause.Words(cause, order.Timeout);
        if (grace > TimeSpan.Zero && worker.Channel!.Withdraw(id))
        {
            await Task.WhenAny(asking, workerEnded.Task, Task.Delay(grace, worker.Time, CancellationToken.None)).ConfigureAwait(false);
            // It has answered: it is done with the task, and can take the next.
            if (asking.IsCompletedSuccessfully && asking.Result.Kind != AnswerKind.Lost) return (cause, words, null);
            grace = TimeSpan.Zero;
        }

        WaitsForTheEnd = true;
        await abandoned.CancelAsync().ConfigureAwait(false);
        worker.Retire(grace);
        await workerEnded.Task.ConfigureAwait(false);
        return (cause, words, null);
    }

    private async Task<(AttemptCause Cause, string Words, string? Json)> WorkerEndAsync()
    {
        var (cause, words) = await workerEnded.Task.ConfigureAwait(false);
        return (endAsked.Task.IsCompletedSuccessfully ? endAsked.Task.Result.Cause : cause, words, null);
    }

    private AttemptOutcome Outcome(Instant startedAt, AttemptCause cause, string words, string? json, AttemptUsage? usage) => new()
    {
        Attempt = Attempt,
        Cause = cause,
        Detail = words,
        OutputJson = json,
        Usage = usage,
        ErrorTail = cause == AttemptCause.Succeeded ? "" : errorTail,
        StartedAt = startedAt,
        EndedAt = worker.Now,
    };
}
