using Foreflow.Cli.Presentation;
using Foreflow.Traces;

namespace Foreflow.Cli.Commands;

/// <summary>Files that a person names.</summary>
internal static class TraceFiles
{
    /// <summary>Reads a history; what is wrong with the file is an error of the command.</summary>
    internal static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (TraceFileException e)
        {
            throw new UserErrorException(e.Message);
        }
    }

    /// <summary>Writes a file whole or not at all.</summary>
    internal static void Write(string path, IEnumerable<string> lines)
    {
        var temporary = path + ".part";
        try
        {
            File.WriteAllLines(temporary, lines);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new UserErrorException($"{path} cannot be written: {e.Message}", ExitCodes.Failed);
        }
    }
}
