using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution;

/// <summary>An attempt that is being carried out by a process of its own.</summary>
public sealed class RunningAttempt : IAttemptHandle
{
    private readonly ProcessHost host;
    private readonly NodeRunnerOptions options;
    private readonly AttemptOrder order;
    private readonly Lock gate = new();
    private readonly CapturedOutput errors;
    private readonly long orderedAt;
    private TimeSpan startUp;
    private StageProcess? process;
    private AttemptCause? endedFor;
    private TimeSpan endGrace;
    private FreezableTimer? timeout;
    private bool startsFrozen;

    internal RunningAttempt(ProcessHost host, NodeRunnerOptions options, AttemptOrder order)
    {
        (this.host, this.options, this.order) = (host, options, order);
        errors = new(Path.Combine(order.AttemptFolder, AttemptFiles.StandardError), options.MaxLogBytes, options.TailBytes);
        orderedAt = host.Time.GetTimestamp();
        // Starting takes milliseconds that whoever gives the order need not spend.
        Completion = Task.Run(RunAsync);
    }

    /// <summary>The attempt.</summary>
    public AttemptId Attempt => order.Attempt;

    /// <summary>Completes when the process and everything it started is gone. Never faults: what went wrong is a cause.</summary>
    public Task<AttemptOutcome> Completion { get; }

    /// <summary>Ends it: asks, waits for the grace, kills all of it. The first cause given stands.</summary>
    /// <param name="cause">Why: <see cref="AttemptCause.Cancelled"/>, <see cref="AttemptCause.Preempted"/>, <see cref="AttemptCause.Timeout"/>, …</param>
    /// <param name="grace">How long it has; the order's when null, zero to kill at once.</param>
    public void End(AttemptCause cause, TimeSpan? grace = null)
    {
        lock (gate)
        {
            if (process is { } running && running.LeaderEnded.IsCompleted) return;
            endedFor ??= cause;
            endGrace = grace ?? order.Grace;
            process?.End(endGrace);
        }
    }

    /// <summary>Stops all its processes where they are, without ending them; false where the host cannot or it is over. Its timeout stands still meanwhile.</summary>
    public bool Freeze() => SetFrozen(true);

    /// <summary>Lets it go on.</summary>
    public bool Thaw() => SetFrozen(false);

    /// <summary>Reads its counters now; null before the start and after the end.</summary>
    internal (UsageSample Usage, Resources Peak)? Sample() => process?.Sample();

    /// <inheritdoc/>
    public bool SetFrozen(bool frozen)
    {
        lock (gate)
        {
            if (endedFor is not null) return false;
            if (process is null)
            {
                startsFrozen = frozen;
                return true;
            }

            if (!process.SetFrozen(frozen)) return false;
            timeout?.SetFrozen(frozen);
            return true;
        }
    }

    private async Task<AttemptOutcome> RunAsync()
    {
        var startedAt = host.Now;
        StageProcessEnd end;
        try
        {
            lock (gate)
            {
                if (endedFor is { } cause) return NeverRan(startedAt, cause, "ended before it had started");
                process = Start();
                startUp = host.Time.GetElapsedTime(orderedAt);
                if (order.Timeout is { } limit) timeout = new(host.Time, limit, () => End(AttemptCause.Timeout));
                if (startsFrozen && process.SetFrozen(true)) timeout?.SetFrozen(true);
                else if (startsFrozen) End(AttemptCause.Preempted);
            }

            end = await process.Ended.ConfigureAwait(false);
        }
        catch (StartFailedException e)
        {
            return NeverRan(startedAt, AttemptCause.StartFailed, e.Message);
        }
        finally
        {
            timeout?.Dispose();
        }

        return Outcome(startedAt, end);
    }

    private StageProcess Start()
    {
        var environment = StageEnvironment.ForAttempt(order);
        try
        {
            Directory.CreateDirectory(order.AttemptFolder);
            File.WriteAllText(Path.Combine(order.AttemptFolder, AttemptFiles.Input), order.InputJson ?? "{}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartFailedException($"cannot write the attempt's input: {e.Message}");
        }

        var arguments = order.Command.ToArguments();
        if (arguments.Any(argument => argument.Contains('\0', StringComparison.Ordinal)))
            throw new StartFailedException("the command has a NUL character in it");
        var program = Launch.Find(arguments[0], order.WorkingFolder, environment["PATH"]);
        return StageProcess.Start(host, new()
        {
            Label = string.Create(CultureInfo.InvariantCulture, $"{Attempt.Task.Stage}.{Attempt.Task.Index}.{Attempt.Number}"),
            Command = [program, .. arguments.Skip(1)],
            Environment = [.. environment],
            WorkingFolder = order.WorkingFolder,
            Folder = order.AttemptFolder,
            Limits = order.Limits,
            Output = new CapturedOutput(Path.Combine(order.AttemptFolder, AttemptFiles.StandardOutput), options.MaxLogBytes, options.TailBytes),
            Errors = errors,
            InputBytes = order.InputBytes,
        });
    }

    private AttemptOutcome Outcome(Instant startedAt, StageProcessEnd end)
    {
        string? json = null;
        var (cause, detail) = CauseOf(end);
        if (cause == AttemptCause.Succeeded)
        {
            (json, var problem) = OutputDocument.ReadFile(Path.Combine(order.AttemptFolder, AttemptFiles.Output), order.Outputs, options.MaxOutputBytes);
            if (problem is not null) (cause, detail) = (AttemptCause.BadOutput, problem);
        }

        return new()
        {
            Attempt = Attempt,
            Cause = cause,
            Detail = detail,
            ExitCode = end.ExitCode,
            Signal = end.Signal,
            OutputJson = json,
            Usage = end.StartFailure is null ? end.Usage : null,
            StartUp = end.StartFailure is null ? startUp : null,
            ErrorTail = errors.Tail(),
            UnenforcedLimits = [.. process!.UnenforcedLimits],
            StartedAt = startedAt,
            EndedAt = host.Now,
            Frozen = end.Frozen,
        };
    }

    private (AttemptCause Cause, string Detail) CauseOf(StageProcessEnd end)
    {
        AttemptCause? asked;
        lock (gate) asked = endedFor;
        return asked is { } cause ? (cause, EndCause.Words(cause, order.Timeout)) : EndCause.Of(end, order.Limits);
    }

    private AttemptOutcome NeverRan(Instant startedAt, AttemptCause cause, string detail) =>
        new() { Attempt = Attempt, Cause = cause, Detail = detail, StartedAt = startedAt, EndedAt = host.Now };
}
