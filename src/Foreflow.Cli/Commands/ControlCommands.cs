using System.CommandLine;
using System.Diagnostics;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Engine.Storage;
using Foreflow.Engine.Switching;
using Foreflow.Engine.Workflows;

namespace Foreflow.Cli.Commands;

/// <summary>What was switched, for programs.</summary>
/// <param name="Switch">Name of the switch.</param>
/// <param name="State">What it asks for.</param>
/// <param name="Done">True once the process that carries on the run has followed; null where there is no one run to look at.</param>
/// <param name="Message">For people.</param>
internal sealed record Switched(string Switch, string State, bool? Done, string Message);

/// <summary>Commands that stop and go on what other processes carry on: they set switches in the store, which those processes follow.</summary>
internal static class ControlCommands
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary><c>foreflow runs cancel RUN</c></summary>
    public static Command Cancel() => OfRun(
        "cancel", "Cancel a run, whichever process carries it on: its processes are asked to end, then killed with all they started.\n\nExamples:\n  foreflow runs cancel 01m85r",
        SwitchState.Cancel("cancelled by 'foreflow runs cancel'"), "cancelled", status => !status.IsOpen());

    /// <summary><c>foreflow runs pause RUN</c></summary>
    public static Command Pause() => OfRun(
        "pause", "Pause a run: nothing new of it starts, what runs goes on. 'foreflow runs resume RUN' lets it go on.\n\nExamples:\n  foreflow runs pause 01m85r",
        "paused by 'foreflow runs pause'", "paused", status => status == RunStatus.Paused || !status.IsOpen());

    /// <summary><c>foreflow pause [WORKFLOW[/STAGE]] [--replication]</c></summary>
    public static Command PauseAll() => OfTarget(
        "pause", "Pause a workflow, a stage of it, or automatic replication: in every process, and for runs to come.\n\nExamples:\n  foreflow pause nightly\n  foreflow pause nightly/load\n  foreflow pause nightly/load --replication\n  foreflow pause --replication", set: true);

    /// <summary><c>foreflow resume [WORKFLOW[/STAGE]] [--replication]</c></summary>
    public static Command ResumeAll() => OfTarget(
        "resume", "Let go on what 'foreflow pause' paused.\n\nExamples:\n  foreflow resume nightly\n  foreflow resume nightly/load --replication", set: false);

    /// <summary>Lets a paused run go on.</summary>
    public static async Task<int> ResumeRunAsync(TextWriter to, IStorage storage, string prefix, OutputFormat format, CancellationToken cancel)
    {
        var run = await RunsCommand.FindAsync(storage, prefix, cancel);
        var name = RunSwitch.Of(run.Id);
        if (!run.Status.IsOpen()) throw new UserErrorException($"run {run.Id} is over: {run.Status.ToString().ToLowerInvariant()}");
        if (!await storage.Switches.RemoveAsync(name.ToString(), cancel))
        {
            var blocking = SwitchState.Of(await storage.Switches.LoadAsync(cancel)).PauseOf(run.Id, run.Workflow);
            throw new UserErrorException(blocking is null
                ? $"run {run.Id} is not paused"
                : $"run {run.Id} waits for its workflow ({blocking}): 'foreflow resume {run.Workflow}' lets it go on");
        }

        return await AnswerAsync(to, storage, run, name, "resumed", status => status != RunStatus.Paused, format, cancel);
    }

    private static Command OfRun(string verb, string description, string value, string state, Func<RunStatus, bool> isDone)
    {
        var run = new Argument<string>("RUN") { Description = "Id of a run, or its start" };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command(verb, description) { run, data, output };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            var found = await RunsCommand.FindAsync(storage, parsed.GetValue(run)!, cancel);
            if (!found.Status.IsOpen()) throw new UserErrorException($"run {found.Id} is over: {found.Status.ToString().ToLowerInvariant()}");
            await storage.Switches.SetAsync(RunSwitch.Of(found.Id).ToString(), value, cancel);
            return await AnswerAsync(parsed.InvocationConfiguration.Output, storage, found, RunSwitch.Of(found.Id), state, isDone, parsed.GetValue(output), cancel);
        });
        return command;
    }

    private static Command OfTarget(string verb, string description, bool set)
    {
        var target = new Argument<string?>("WORKFLOW[/STAGE]") { Description = "A workflow, or a stage of one", Arity = ArgumentArity.ZeroOrOne };
        var replication = new Option<bool>("--replication") { Description = "Automatic replication only: tasks go on with the replicas there are" };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command(verb, description) { target, replication, data, output };
        command.SetAction(async (parsed, cancel) =>
        {
            var name = NameOf(parsed.GetValue(target), parsed.GetValue(replication));
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            if (set) await CheckAsync(storage, name, cancel);
            if (set) await storage.Switches.SetAsync(name.ToString(), $"paused by 'foreflow {verb}'", cancel);
            else if (!await storage.Switches.RemoveAsync(name.ToString(), cancel)) throw new UserErrorException($"{name} is not paused");
            Write(parsed.InvocationConfiguration.Output, new Switched(name.ToString(), set ? "paused" : "resumed", null, $"{name}: {(set ? "paused" : "resumed")}. Running engines follow within a second."), parsed.GetValue(output));
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>A name that nothing has would pause nothing and say that it did.</summary>
    private static async Task CheckAsync(IStorage storage, RunSwitch name, CancellationToken cancel)
    {
        if (name.Workflow is not { } workflow) return;
        var current = await storage.Workflows.FindCurrentAsync(workflow, cancel)
            ?? throw new UserErrorException($"workflow '{workflow}' has never run here: 'foreflow runs' lists what has");
        if (name.Stage is not { } stage) return;
        var definition = await new DefinitionCache(storage.Workflows).GetAsync(current.Name, current.Version);
        if (definition.IndexOf(stage) < 0)
            throw new UserErrorException($"workflow '{workflow}' has no stage '{stage}': there are {string.Join(", ", definition.Stages.Select(s => s.Name))}");
    }

    private static RunSwitch NameOf(string? target, bool replication)
    {
        if (target is null && !replication) throw new UserErrorException("name a workflow, or WORKFLOW/STAGE; or give --replication for all of it");
        var parts = target?.Split('/') ?? [];
        if (parts.Length > 2 || parts.Any(string.IsNullOrEmpty)) throw new UserErrorException($"'{target}': write WORKFLOW or WORKFLOW/STAGE");
        var (workflow, stage) = (parts.ElementAtOrDefault(0), parts.ElementAtOrDefault(1));
        return replication ? new RunSwitch(SwitchKind.Replication, workflow, stage) : RunSwitch.Of(workflow!, stage);
    }

    private static async Task<int> AnswerAsync(
        TextWriter to, IStorage storage, RunSummary run, RunSwitch name, string state, Func<RunStatus, bool> isDone, OutputFormat format, CancellationToken cancel)
    {
        if (run.Owner is not { } owner || !await storage.Ownership.IsAliveAsync(owner, cancel))
        {
            Write(to, new Switched(name.ToString(), state, false, $"run {run.Id}: its process has stopped; it is {state} as soon as another carries it on ('foreflow runs resume')"), format);
            return ExitCodes.Ok;
        }

        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(100, cancel))
        {
            if (await storage.Runs.FindAsync(run.Id, cancel) is not { } now || !isDone(now.Status)) continue;
            Write(to, new Switched(name.ToString(), state, true, $"run {run.Id}: {now.Status.ToString().ToLowerInvariant()}"), format);
            return ExitCodes.Ok;
        }

        Write(to, new Switched(name.ToString(), state, false, $"run {run.Id}: its process has been told and has not followed yet; 'foreflow runs {run.Id}' shows how it stands"), format);
        return ExitCodes.Failed;
    }

    private static void Write(TextWriter to, Switched switched, OutputFormat format)
    {
        if (format == OutputFormat.Json) Output.Json(to, switched);
        else to.WriteLine(switched.Message);
    }
}
