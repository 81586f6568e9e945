using Foreflow.Core.Model;

namespace Foreflow.Engine.Switching;

/// <summary>What a switch is about.</summary>
public enum SwitchKind
{
    /// <summary>One run.</summary>
    Run,

    /// <summary>Every run of a workflow, those to come too.</summary>
    Workflow,

    /// <summary>One stage, in every run of its workflow.</summary>
    Stage,

    /// <summary>Automatic replication: of all, of a workflow, or of a stage.</summary>
    Replication,
}

/// <summary>Names a switch. As text: <c>run/ID</c>, <c>workflow/NAME</c>, <c>stage/WORKFLOW/NAME</c>, <c>replication[/WORKFLOW[/STAGE]]</c>.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Workflow">Name of the workflow; null where it is about a run or about all.</param>
/// <param name="Stage">Name of the stage; null where it is about more.</param>
/// <param name="Run">Id of the run; null otherwise.</param>
public readonly record struct RunSwitch(SwitchKind Kind, string? Workflow = null, string? Stage = null, string? Run = null)
{
    /// <summary>The switch of a run.</summary>
    public static RunSwitch Of(RunId run) => new(SwitchKind.Run, Run: run.Value);

    /// <summary>The switch of a workflow, or of a stage of it.</summary>
    public static RunSwitch Of(string workflow, string? stage) => new(stage is null ? SwitchKind.Workflow : SwitchKind.Stage, workflow, stage);

    /// <summary>The name in the store.</summary>
    public override string ToString() => Kind switch
    {
        SwitchKind.Run => $"run/{Run}",
        SwitchKind.Workflow => $"workflow/{Workflow}",
        SwitchKind.Stage => $"stage/{Workflow}/{Stage}",
        _ => string.Join('/', new[] { "replication", Workflow, Stage }.Where(part => part is not null)),
    };

    /// <summary>Reads a name; null for one that is no switch of these.</summary>
    public static RunSwitch? Parse(string name) => name.Split('/') switch
    {
        ["run", var run] => new RunSwitch(SwitchKind.Run, Run: run),
        ["workflow", var workflow] => new RunSwitch(SwitchKind.Workflow, workflow),
        ["stage", var workflow, var stage] => new RunSwitch(SwitchKind.Stage, workflow, stage),
        ["replication"] => new RunSwitch(SwitchKind.Replication),
        ["replication", var workflow] => new RunSwitch(SwitchKind.Replication, workflow),
        ["replication", var workflow, var stage] => new RunSwitch(SwitchKind.Replication, workflow, stage),
        _ => null,
    };
}

/// <summary>The switches that are set, each with why, for people.</summary>
/// <param name="Set">By what they are about.</param>
public sealed record SwitchState(IReadOnlyDictionary<RunSwitch, string> Set)
{
    private const string CancelMark = "cancel:";

    /// <summary>Nothing is set.</summary>
    public static readonly SwitchState None = new(new Dictionary<RunSwitch, string>());

    /// <summary>From what the store holds. Names of no switch are left alone.</summary>
    public static SwitchState Of(IReadOnlyDictionary<string, string> stored) =>
        new(stored.Where(s => RunSwitch.Parse(s.Key) is not null).ToDictionary(s => RunSwitch.Parse(s.Key)!.Value, s => s.Value));

    /// <summary>Why a run is to be paused: for its own sake or its workflow's; null when it is not.</summary>
    public string? PauseOf(RunId run, string workflow) =>
        Set.TryGetValue(RunSwitch.Of(run), out var own) && !IsCancel(own, out _) ? own : Set.GetValueOrDefault(RunSwitch.Of(workflow, null));

    /// <summary>The value of a run's switch that cancels it.</summary>
    public static string Cancel(string why) => CancelMark + why;

    /// <summary>Whether the value of a run's switch cancels it, and why.</summary>
    public static bool IsCancel(string value, out string why)
    {
        var cancels = value.StartsWith(CancelMark, StringComparison.Ordinal);
        why = cancels ? value[CancelMark.Length..] : "";
        return cancels;
    }
}
