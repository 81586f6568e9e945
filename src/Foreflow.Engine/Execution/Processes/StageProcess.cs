using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Execution.Groups;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>A process to start, with everything decided.</summary>
internal sealed record StageProcessSpec
{
    /// <summary>For names and messages: what this process is for.</summary>
    internal required string Label { get; init; }

    /// <summary>The program's full path, then its arguments.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    internal required IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; }

    internal required string WorkingFolder { get; init; }

    /// <summary>A folder of its own, for reports of the start.</summary>
    internal required string Folder { get; init; }

    internal required ProcessLimits Limits { get; init; }

    internal required IOutputSink Output { get; init; }

    internal required CapturedOutput Errors { get; init; }

    /// <summary>True to keep a pipe to its standard input; otherwise it has none.</summary>
    internal bool WithInput { get; init; }

    internal long? InputBytes { get; init; }
}

/// <summary>How a process and everything it started came to an end.</summary>
/// <param name="StartFailure">Why the command never ran; null when it did.</param>
/// <param name="ExitCode">Its exit code; null when a signal ended it.</param>
/// <param name="Signal">The signal that ended it.</param>
/// <param name="OutOfMemoryKills">How many of its processes the kernel killed for want of memory.</param>
/// <param name="Usage">What all of them consumed.</param>
/// <param name="Frozen">How long it was frozen.</param>
internal sealed record StageProcessEnd(string? StartFailure, int? ExitCode, int? Signal, long OutOfMemoryKills, AttemptUsage Usage, TimeSpan Frozen);

/// <summary>A running process with all it starts: sampled, limited, frozen, ended as one.</summary>
internal sealed class StageProcess
{
    /// <summary>How long killed processes may take to be gone before we go on without them (one stuck in a system call).</summary>
    private static readonly TimeSpan PatienceWithTheDying = TimeSpan.FromSeconds(10);

    private readonly ProcessHost host;
    private readonly StageProcessSpec spec;
    private readonly IProcessGroup group;
    private readonly ChildProcess child;
    private readonly IUsageReader reader;
    private readonly OutputPipe output, errors;
    private readonly UsageAccumulator usage;
    private readonly Lock sampling = new();
    private readonly Lock ending = new();
    private readonly long startedAt;
    private ITimer? killTimer;
    private long frozenSince;
    private TimeSpan frozen;
    private bool isFrozen, over;

    private StageProcess(ProcessHost host, StageProcessSpec spec, IProcessGroup group, int id, OutputPipe output, OutputPipe errors, InputPipe? input)
    {
        (this.host, this.spec, this.group, this.output, this.errors, Input) = (host, spec, group, output, errors, input);
        startedAt = host.Time.GetTimestamp();
        usage = new(host.Now);
        reader = group.Attach(id);
        output.Begin();
        errors.Begin();
        input?.Begin();
        child = new(id, host.Loop);
        Ended = FinishAsync();
        if (group.NeedsEarlySamples) _ = SampleEarlyAsync();
    }

    internal int Id => child.Id;

    internal string Label => spec.Label;

    internal InputPipe? Input { get; }

    internal IReadOnlyList<string> UnenforcedLimits => group.UnenforcedLimits;

    /// <summary>True while it is stopped where it is.</summary>
    internal bool IsFrozen
    {
        get
        {
            lock (ending) return isFrozen;
        }
    }

    /// <summary>Completes when the process, and everything it had started, is gone.</summary>
    internal Task<StageProcessEnd> Ended { get; }

    /// <summary>Completes when the process itself has ended; what it started may still be on its way out.</summary>
    internal Task LeaderEnded => child.Ended;

    /// <summary>Starts it.</summary>
    /// <exception cref="StartFailedException">It cannot be started; the message says why.</exception>
    internal static StageProcess Start(ProcessHost host, StageProcessSpec spec)
    {
        if (!Directory.Exists(spec.WorkingFolder)) throw new StartFailedException($"no such working folder: {spec.WorkingFolder}");
        var (group, mark) = host.CreateGroup(spec.Label, spec.Limits);
        OutputPipe? output = null, errors = null;
        InputPipe? input = null;
        try
        {
            output = new(host.Loop, spec.Output);
            errors = new(host.Loop, spec.Errors);
            if (spec.WithInput) input = new(host.Loop);
            var (file, arguments) = Launch.Wrap(spec.Command, group.JoinFiles, FailureFile(spec));
            var id = Spawner.Start(new(
                file,
                arguments,
                [.. spec.Environment, new(ProcessMarks.Variable, mark)],
                spec.WorkingFolder,
                input?.ChildEnd ?? -1,
                output.ChildEnd,
                errors.ChildEnd));
            if (id < 0) throw new StartFailedException(Launch.Explain(-id, spec.Command[0]));
            return new(host, spec, group, id, output, errors, input);
        }
        catch (Exception e) when (e is StartFailedException or IOException)
        {
            output?.Finish();
            errors?.Finish();
            input?.Close();
            group.TryRemove();
            group.Dispose();
            throw e as StartFailedException ?? new StartFailedException(e.Message);
        }
    }

    /// <summary>Reads the counters now, and gives the highest use so far with them; null when it is over.</summary>
    internal (UsageSample Usage, Resources Peak)? Sample()
    {
        lock (sampling)
        {
            if (over) return null;
            usage.Add(reader.Read(host.Now));
            return (usage.Last, usage.Peak);
        }
    }

    /// <summary>Asks it to end (SIGTERM to all of it), and kills it when the grace is over. Zero grace kills at once.</summary>
    internal void End(TimeSpan grace)
    {
        lock (ending)
        {
            if (child.Ended.IsCompleted) return;
            if (grace <= TimeSpan.Zero)
            {
                Kill();
                return;
            }

            if (killTimer is not null) return;
            // What is frozen hears nothing.
            SetFrozen(false);
            group.Signal(ProcessCalls.SigTerm);
            // It may not have entered its group yet.
            child.Signal(ProcessCalls.SigTerm);
            killTimer = host.Time.CreateTimer(static state => ((StageProcess)state!).End(TimeSpan.Zero), this, grace, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Freezes or thaws all of it; false where the host cannot, or it is over.</summary>
    internal bool SetFrozen(bool freeze)
    {
        lock (ending)
        {
            if (child.Ended.IsCompleted || isFrozen == freeze) return isFrozen == freeze;
            if (!group.SetFrozen(freeze)) return false;
            isFrozen = freeze;
            if (freeze) frozenSince = host.Time.GetTimestamp();
            else frozen += host.Time.GetElapsedTime(frozenSince);
            return true;
        }
    }

    private void Kill()
    {
        group.Kill();
        child.Signal(ProcessCalls.SigKill);
    }

    private async Task<StageProcessEnd> FinishAsync()
    {
        await child.Ended.ConfigureAwait(false);
        TimeSpan wallTime;
        // Standing still is not work: what a profile learns of run times would grow with what others were doing.
        lock (ending) wallTime = host.Time.GetElapsedTime(startedAt) - frozen - (isFrozen ? host.Time.GetElapsedTime(frozenSince) : TimeSpan.Zero);
        await KillTheRestAsync().ConfigureAwait(false);
        output.Finish();
        errors.Finish();
        Input?.Close();
        AttemptUsage used;
        ProcessExit exit;
        lock (sampling)
        {
            over = true;
            // Before reaping: /proc still tells of an ended process, and its id is still its own.
            var final = reader.Read(host.Now);
            exit = child.Reap();
            if (reader is ProcessTreeReader tree) final = tree.WithReaped(final, exit.CpuSeconds, exit.ReadBytes, exit.WrittenBytes);
            used = usage.Finish(final, wallTime, spec.InputBytes);
            reader.Dispose();
        }

        var kills = group.OutOfMemoryKills();
        if (!group.TryRemove()) host.Report($"{spec.Label}: its control group could not be taken away yet; the next start does so");
        group.Dispose();
        host.AddEnded(used.CpuSeconds ?? 0);
        lock (ending)
        {
            killTimer?.Dispose();
            if (isFrozen) frozen += host.Time.GetElapsedTime(frozenSince);
        }

        var failure = Launch.ReadFailure(FailureFile(spec), exit.ExitCode, spec.Command[0], spec.Errors.Tail());
        return new(failure, exit.ExitCode, exit.Signal, kills, used, frozen);
    }

    private async Task KillTheRestAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        for (var pause = 1; group.HasProcesses(); pause = Math.Min(100, pause * 2))
        {
            if (TimeProvider.System.GetElapsedTime(since) > PatienceWithTheDying)
            {
                host.Report($"{spec.Label}: a killed process does not go away; it may be stuck in a device or network file system");
                return;
            }

            group.Kill();
            await Task.Delay(pause).ConfigureAwait(false);
        }
    }

    /// <summary>Samples at 5, 20, 80 and 320 ms: what lives shorter than a period is seen at least once.</summary>
    private async Task SampleEarlyAsync()
    {
        for (var pause = 5; pause <= 320; pause *= 4)
        {
            await Task.WhenAny(child.Ended, Task.Delay(pause)).ConfigureAwait(false);
            if (child.Ended.IsCompleted || Sample() is null) return;
        }
    }

    private static string FailureFile(StageProcessSpec spec) => Path.Combine(spec.Folder, "start-failed");
}
