namespace Foreflow.Cli.Presentation;

/// <summary>Files that a command was asked to write.</summary>
internal static class OutputFile
{
    /// <summary>The path, where a file can be made there: found out before the work, not after it.</summary>
    /// <exception cref="UserErrorException">There is no such folder, or it is a folder itself.</exception>
    public static string? Check(string option, string? path)
    {
        if (path is null) return null;
        if (path.Length == 0) throw new UserErrorException($"{option}: the name of the file is empty");
        if (Directory.Exists(path)) throw new UserErrorException($"{option} {path}: is a folder, the name of a file is needed");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Directory.Exists(folder) ? path : throw new UserErrorException($"{option} {path}: there is no folder {folder}");
    }

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="option">The option that named it, for the message.</param>
    /// <param name="path">Where it will be; what was there is replaced.</param>
    /// <param name="write">Writes it to the path it is given.</param>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public static void Replace(string option, string path, Action<string> write)
    {
        var partial = path + ".partial";
        try
        {
            write(partial);
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw new UserErrorException($"{option} {path}: {error.Message.Replace(partial, path, StringComparison.Ordinal)}");
        }
    }
}
