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
    private readonly List<Finding> _all = [];

    public IReadOnlyList<Finding> All => _all;

    public bool HasErrors => _all.Any(f => f.Severity == DiagnosticSeverity.Error);

    public void Add(Finding finding) => _all.Add(finding);

    public void Add(string path, string code, string message, int offset = -1) => _all.Add(new Finding(path, code, message, offset));

    public void Warn(string path, string code, string message) => _all.Add(new Finding(path, code, message, -1, DiagnosticSeverity.Warning));

    /// <summary>Adds a finding when there is something to say.</summary>
    public void AddIf(string? message, string path, string code)
    {
        if (message is not null) Add(path, code, message);
    }
}
