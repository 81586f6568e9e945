namespace Foreflow.Core.Workflows.Validation;

/// <summary>What a rule found, before it is known where in a file that is.</summary>
/// <param name="Path">The part it is about, as <c>stages.count.needs[0]</c>.</param>
/// <param name="Code">Stable short name of the rule.</param>
/// <param name="Message">The words.</param>
/// <param name="Offset">Characters into the text at <paramref name="Path"/>; -1 for the whole of it.</param>
internal sealed record Finding(
    string Path, string Code, string Message, int Offset = -1, DiagnosticSeverity Severity = DiagnosticSeverity.Error);

/// <summary>Gathers findings.</summary>
internal sealed class Findings
{
    /// <summary>How many are kept: enough for any file a person wrote, few enough to look up names for each.</summary>
    private const int Max = 200;

    private readonly List<Finding> _all = [];

    public IReadOnlyList<Finding> All => _all;

    /// <summary>True when more are not kept, and so need not be looked for.</summary>
    public bool IsFull => _all.Count >= Max;

    public int Count => _all.Count;

    public bool HasErrors => _all.Any(f => f.Severity == DiagnosticSeverity.Error);

    public void Add(string path, string code, string message, int offset = -1) => Add(new Finding(path, code, message, offset));

    public void Warn(string path, string code, string message) => Add(new Finding(path, code, message, -1, DiagnosticSeverity.Warning));

    public void Add(Finding finding)
    {
        if (IsFull) return;
        // Messages quote what is in the file; a diagnostic is one line whatever that is.
        _all.Add(finding.Message.Any(char.IsControl) ? finding with { Message = string.Concat(finding.Message.Select(c => char.IsControl(c) ? ' ' : c)) } : finding);
        if (IsFull) _all[^1] = new Finding("", "too-many", $"and more: the first {Max - 1} are listed");
    }

    /// <summary>Adds a finding when there is something to say.</summary>
    public void AddIf(string? message, string path, string code)
    {
        if (message is not null) Add(path, code, message);
    }
}
