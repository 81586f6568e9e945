namespace Foreflow.Traces;

/// <summary>
/// A file cannot be read as what it was said to be. The message names the file, the line and the column where there is
/// one, and the way out; it is meant to be shown to the user as it is.
/// </summary>
public sealed class TraceFileException : Exception
{
    /// <summary>An error of the file as a whole.</summary>
    public TraceFileException(string path, string message, Exception? cause = null)
        : base($"{path}: {message}", cause)
    {
    }

    /// <summary>An error on one line, counted from 1.</summary>
    public TraceFileException(string path, long line, string message, Exception? cause = null)
        : base($"{path}:{line}: {message}", cause)
    {
    }

    /// <summary>An error in one cell, line and column counted from 1.</summary>
    public TraceFileException(string path, long line, int column, string message, Exception? cause = null)
        : base($"{path}:{line}:{column}: {message}", cause)
    {
    }
}
