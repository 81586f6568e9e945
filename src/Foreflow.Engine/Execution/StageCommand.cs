using System.Collections.Immutable;

namespace Foreflow.Engine.Execution;

/// <summary>What a stage runs.</summary>
public abstract record StageCommand
{
    private StageCommand()
    {
    }

    /// <summary>A script, passed to a shell exactly as it stands in the workflow file: values reach it as environment variables only.</summary>
    /// <param name="Text">The script.</param>
    /// <param name="Shell">The shell: a path, or a name found in PATH. It is called as <c>SHELL -c TEXT</c>.</param>
    public sealed record Script(string Text, string Shell = "/bin/sh") : StageCommand;

    /// <summary>A program and its arguments, with no shell between.</summary>
    /// <param name="Arguments">The program (a path, or a name found in PATH), then its arguments.</param>
    public sealed record Program(ImmutableArray<string> Arguments) : StageCommand;

    internal IReadOnlyList<string> ToArguments() => this switch
    {
        Script script => [script.Shell, "-c", script.Text],
        Program program => program.Arguments.IsDefaultOrEmpty ? [""] : program.Arguments,
        _ => throw new InvalidOperationException("a command is a script or a program"),
    };
}
