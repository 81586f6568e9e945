using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Execution.Workers;

namespace Foreflow.Engine.Execution;

/// <summary>A long-lived worker: one replica of a stage that takes task after task.</summary>
public sealed class RunningWorker : IWorkerHandle
{
    private readonly ProcessHost host;
    private readonly NodeRunnerOptions options;
    private readonly WorkerOrder order;
    private readonly FreePorts ports;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource over = new();
    private readonly TaskCompletionSource<TimeSpan?> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<WorkerAttempt> inFlight = [];
    private readonly CapturedOutput errors;
    private readonly Instant startedAt;
    private readonly long startedStamp;
    private StageProcess? process;
    private AttemptCause? stoppedFor;
    private TimeSpan stopGrace;
    private bool draining, retired, ended;
    private long answered;

    internal RunningWorker(ProcessHost host, NodeRunnerOptions options, WorkerOrder order, FreePorts ports)
    {
        (this.host, this.options, this.order, this.ports) = (host, options, order, ports);
        (startedAt, startedStamp) = (host.Now, host.Time.GetTimestamp());
        errors = new(Path.Combine(order.WorkerFolder, AttemptFiles.StandardError), options.MaxLogBytes, options.TailBytes);
        Ended = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public ReplicaId Replica => order.Replica;

    /// <summary>How many tasks it takes at once.</summary>
    public int Concurrency => order.Concurrency;

    /// <inheritdoc/>
    public Task<TimeSpan?> Ready => ready.Task;

    /// <inheritdoc/>
    public Task<WorkerEnd> Ended { get; }

    /// <summary>How many tasks it has now.</summary>
    public int InFlight
    {
        get
        {
            lock (gate) return inFlight.Count;
        }
    }

    /// <inheritdoc/>
    public IAttemptHandle Execute(WorkerTask task)
    {
        lock (gate)
        {
            var taken = process is not null && ready.Task is { IsCompletedSuccessfully: true, Result: not null }
                && !draining && !ended && stoppedFor is null && inFlight.Count < order.Concurrency;
            var attempt = new WorkerAttempt(this, task, taken);
            if (taken) inFlight.Add(attempt);
            attempt.Begin();
            return attempt;
        }
    }

    /// <inheritdoc/>
    public void Drain()
    {
        lock (gate)
        {
            draining = true;
            if (inFlight.Count == 0) Stop(AttemptCause.Succeeded);
        }
    }

    /// <inheritdoc/>
    public void Stop(AttemptCause cause, TimeSpan? grace = null)
    {
        lock (gate)
        {
            if (process is { } running && running.LeaderEnded.IsCompleted) return;
            stoppedFor ??= cause;
            stopGrace = grace ?? order.Grace;
            Channel?.NoMore();
            process?.End(stopGrace);
        }
    }

    /// <summary>Stops all its processes where they are; false where the host cannot or it is over. The timeouts of its tasks stand still meanwhile.</summary>
    public bool Freeze() => SetFrozen(true);

    /// <summary>Lets it go on.</summary>
    public bool Thaw() => SetFrozen(false);

    internal IWorkerChannel? Channel { get; private set; }

    internal SharedMeter? Meter { get; private set; }

    internal TimeProvider Time => host.Time;

    internal Instant Now => host.Now;

    internal TimeSpan Grace => order.Grace;

    internal int MaxOutputBytes => options.MaxOutputBytes;

    /// <summary>Reads its counters now; null before the start and after the end.</summary>
    internal (UsageSample Usage, Resources Peak)? Sample() => process?.Sample();

    /// <summary>A task is over and its place is free.</summary>
    internal void Done(WorkerAttempt attempt, bool wasAnswered)
    {
        lock (gate)
        {
            inFlight.Remove(attempt);
            if (wasAnswered) answered++;
            if (draining && inFlight.All(static other => other.WaitsForTheEnd)) Stop(AttemptCause.Succeeded);
        }
    }

    /// <summary>It is given nothing more: something is wrong with it, and what is about to be known.</summary>
    internal void Close()
    {
        lock (gate) draining = true;
    }

    /// <summary>
    /// A task of this worker should be over, but nobody can tell whether it is. The worker takes no more, finishes what
    /// else it has, and ends; only then is the task surely over.
    /// </summary>
    /// <param name="grace">How long it has to end, once it is asked to.</param>
    internal void Retire(TimeSpan grace)
    {
        lock (gate)
        {
            draining = retired = true;
            if (inFlight.All(static other => other.WaitsForTheEnd)) Stop(AttemptCause.Succeeded, grace);
        }
    }

    private bool SetFrozen(bool frozen)
    {
        lock (gate)
        {
            if (stoppedFor is not null || process is null || !process.SetFrozen(frozen)) return false;
            foreach (var attempt in inFlight) attempt.SetFrozen(frozen);
            return true;
        }
    }

    private async Task<WorkerEnd> RunAsync()
    {
        int? port = null;
        try
        {
            StageProcess started;
            lock (gate)
            {
                if (stoppedFor is { } cause) return End(cause, "ended before it had started", null);
                if (order.Protocol == WorkerProtocol.Http) port = ports.Take();
                process = started = Start(port);
                Meter = new(started, host.Time);
            }

            _ = BecomeReadyAsync();
            var end = await started.Ended.ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            var (why, words) = CauseOf(end);
            await FinishTasksAsync(why, words).ConfigureAwait(false);
            return End(why, words, end);
        }
        catch (StartFailedException e)
        {
            return End(AttemptCause.StartFailed, e.Message, null);
        }
        finally
        {
            ready.TrySetResult(null);
            Channel?.Dispose();
            if (port is { } number) ports.Return(number);
        }
    }

    private StageProcess Start(int? port)
    {
        if (order.Command.Any(static argument => argument.Contains('\0', StringComparison.Ordinal)))
            throw new StartFailedException("the command has a NUL character in it");
        var environment = StageEnvironment.ForWorker(order, port);
        var program = Launch.Find(order.Command.IsDefaultOrEmpty ? "" : order.Command[0], order.WorkingFolder, environment["PATH"]);
        try
        {
            Directory.CreateDirectory(order.WorkerFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartFailedException($"cannot make the worker's folder: {e.Message}");
        }

        var log = new CapturedOutput(Path.Combine(order.WorkerFolder, AttemptFiles.StandardOutput), options.MaxLogBytes, options.TailBytes);
        var lines = port is null ? new JsonLinesWorkerChannel(log, options.MaxOutputBytes) : null;
        var started = StageProcess.Start(host, new()
        {
            Label = string.Create(CultureInfo.InvariantCulture, $"{Replica.Stage.Name}.r{Replica.Number}"),
            Command = [program, .. order.Command.Skip(1)],
            Environment = [.. environment],
            WorkingFolder = order.WorkingFolder,
            Folder = order.WorkerFolder,
            Limits = order.Limits,
            Output = lines is null ? log : lines,
            Errors = errors,
            WithInput = lines is not null,
        });
        lines?.Connect(started.Input!);
        Channel = lines is not null ? lines : new HttpWorkerChannel(port!.Value, order.Concurrency, options.MaxOutputBytes, order.HealthTimeout);
        return started;
    }

    private async Task BecomeReadyAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
        using var timer = host.Time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), limit, order.ReadyTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            await Channel!.WaitUntilReadyAsync(limit.Token).ConfigureAwait(false);
            ready.TrySetResult(host.Time.GetElapsedTime(startedStamp));
            if (order.Protocol == WorkerProtocol.Http && order.HealthPeriod > TimeSpan.Zero) _ = LookAfterAsync();
        }
        catch (OperationCanceledException)
        {
            if (!over.IsCancellationRequested) Stop(AttemptCause.Timeout, TimeSpan.Zero);
        }
    }

    private async Task LookAfterAsync()
    {
        using var rounds = new PeriodicTimer(order.HealthPeriod, host.Time);
        var failures = 0;
        try
        {
            while (await rounds.WaitForNextTickAsync(over.Token).ConfigureAwait(false))
            {
                if (process!.IsFrozen) continue;
                var healthy = await Channel!.IsHealthyAsync(order.HealthTimeout).ConfigureAwait(false);
                // One that has all its hands full may not get round to answering: that is no illness.
                if (healthy is true || (healthy is null && InFlight >= order.Concurrency)) failures = 0;
                else if (++failures > order.HealthFailuresAllowed) Stop(AttemptCause.HealthCheckFailed);
            }
        }
        catch (OperationCanceledException)
        {
            // It has ended.
        }
    }

    private Task FinishTasksAsync(AttemptCause why, string words)
    {
        WorkerAttempt[] left;
        lock (gate)
        {
            ended = true;
            left = [.. inFlight];
        }

        // With a single task there is no doubt which one took too much memory.
        var cause = stoppedFor is not (null or AttemptCause.Succeeded) ? why
            : why == AttemptCause.OutOfMemory && left.Length == 1 && order.Concurrency == 1 ? AttemptCause.OutOfMemory
            : AttemptCause.WorkerLost;
        var said = errors.Tail();
        foreach (var attempt in left) attempt.WorkerEnded(cause, cause == why && why != AttemptCause.WorkerLost ? words : $"the worker that had it ended: {words}", said);
        return Task.WhenAll(left.Select(static attempt => attempt.Completion));
    }

    private (AttemptCause Cause, string Words) CauseOf(StageProcessEnd end)
    {
        AttemptCause? asked;
        lock (gate) asked = stoppedFor;
        if (asked == AttemptCause.Timeout) return (AttemptCause.Timeout, $"was not ready after {order.ReadyTimeout}{ReadyHint()}");
        if (asked == AttemptCause.Succeeded && retired) return (AttemptCause.WorkerLost, "it had a task that had to be over, and could not be ended but with it");
        if (asked == AttemptCause.Succeeded) return (AttemptCause.Succeeded, "");
        if (asked is { } cause) return (cause, EndCause.Words(cause, null));
        var (why, words) = EndCause.Of(end, order.Limits);
        return why == AttemptCause.Succeeded ? (AttemptCause.ExitCode, "exit code 0, though nobody had asked it to end") : (why, words);
    }

    private string ReadyHint() => order.Protocol == WorkerProtocol.Http
        ? ": GET /healthz at 127.0.0.1:$PORT did not answer 2xx"
        : ": it did not write {\"ready\":true} on a line of its own to standard output";

    private WorkerEnd End(AttemptCause cause, string words, StageProcessEnd? end) => new()
    {
        Replica = Replica,
        Cause = cause,
        Detail = words,
        ExitCode = end?.ExitCode,
        Signal = end?.Signal,
        Usage = end?.StartFailure is null ? end?.Usage : null,
        StartUp = ready.Task.IsCompletedSuccessfully ? ready.Task.Result : null,
        TasksAnswered = Interlocked.Read(ref answered),
        ErrorTail = errors.Tail(),
        UnenforcedLimits = [.. process?.UnenforcedLimits ?? []],
        StartedAt = startedAt,
        EndedAt = host.Now,
    };
}
