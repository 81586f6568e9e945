namespace Foreflow.Cli.Presentation;

/// <summary>What the command returns to the shell. Stable: scripts rely on it.</summary>
public static class ExitCodes
{
    /// <summary>All went well.</summary>
    public const int Ok = 0;

    /// <summary>The work was done and failed: a stage failed, a check found something.</summary>
    public const int Failed = 1;

    /// <summary>The work could not be begun: bad file, bad option, no such run.</summary>
    public const int BadInput = 2;

    /// <summary>A person interrupted it.</summary>
    public const int Interrupted = 130;

    /// <summary>The system asked it to end (SIGTERM); what it had accepted is left open.</summary>
    public const int Terminated = 143;

    /// <summary>Its terminal was closed (SIGHUP); what it had accepted is left open.</summary>
    public const int HungUp = 129;
}

/// <summary>Something a person can put right. The message says what happened and what to do.</summary>
public sealed class UserErrorException(string message, int exitCode = ExitCodes.BadInput) : Exception(message)
{
    /// <summary>What the command returns.</summary>
    public int ExitCode { get; } = exitCode;
}
