namespace Foreflow.Core.Workflows;

/// <summary>Something to say about a workflow: what, where, and the way out.</summary>
/// <param name="Severity">Whether it stops the workflow from being used.</param>
/// <param name="Code">Stable short name of the rule, for programs: <c>unknown-key</c>, <c>cycle</c>, …</param>
/// <param name="Message">The words, without the place.</param>
/// <param name="Path">The part of the workflow it is about: <c>stages.count.needs[0]</c>; empty for the whole.</param>
/// <param name="Line">Line in the file, from 1; 0 where there is no file.</param>
/// <param name="Column">Column in the file in characters, from 1; 0 where there is no file.</param>
public sealed record Diagnostic(
    DiagnosticSeverity Severity, string Code, string Message, string Path, int Line = 0, int Column = 0)
{
    /// <summary>One line as compilers write it: <c>file:line:column: error: message [code]</c>; the path where there is no file.</summary>
    public string ToString(string file) =>
        $"{file}:{Line}:{Column}: {SeverityText}: {Message} [{Code}]";

    /// <inheritdoc/>
    public override string ToString() => Line > 0
        ? $"{Line}:{Column}: {SeverityText}: {Message} [{Code}]"
        : $"{(Path.Length > 0 ? Path + ": " : "")}{SeverityText}: {Message} [{Code}]";

    private string SeverityText => Severity == DiagnosticSeverity.Error ? "error" : "warning";
}

/// <summary>How bad it is.</summary>
public enum DiagnosticSeverity
{
    /// <summary>The workflow cannot be used.</summary>
    Error,

    /// <summary>It can be used, but is probably not what is meant.</summary>
    Warning,
}

/// <summary>A workflow built in code breaks a rule; the message holds every diagnostic, one a line.</summary>
/// <param name="diagnostics">What is wrong.</param>
public sealed class WorkflowException(IReadOnlyList<Diagnostic> diagnostics)
    : Exception(string.Join(Environment.NewLine, diagnostics))
{
    /// <summary>What is wrong.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; } = diagnostics;
}
