using System.Runtime.InteropServices;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>Turns a command into what is spawned: finds the program, and puts it into its groups before its first instruction.</summary>
internal static class Launch
{
    /// <summary>Exit codes of a shell that could not enter a group, run a file, find a file.</summary>
    internal const int CannotJoin = 125, CannotRun = 126, NotFound = 127;

    private const string Shell = "/bin/sh";

    /// <summary>
    /// Enters each group named up to <c>--</c>, then becomes the command that follows. Values are only ever arguments,
    /// never text to be read. When it does not get there, a trap writes the exit code into the file it is named after
    /// (a bash needs to be told to go on after a failed exec), so that no exit code of the command itself is mistaken
    /// for a failed start.
    /// </summary>
    private const string JoinAndBecome = """
        trap 'echo "$?" > "$0"' EXIT
        [ -z "$BASH_VERSION" ] || shopt -s execfail 2>/dev/null
        while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done
        shift
        exec "$@"
        """;

    /// <summary>The arguments to spawn so that <paramref name="command"/> runs inside the groups given.</summary>
    internal static (string File, IReadOnlyList<string> Arguments) Wrap(IReadOnlyList<string> command, IReadOnlyList<string> joinFiles, string failureFile) =>
        joinFiles.Count == 0
            ? (command[0], command)
            : (Shell, [Shell, "-c", JoinAndBecome, failureFile, .. joinFiles, "--", .. command]);

    /// <summary>The full path of a program: as given when it has a slash, else found in the path list.</summary>
    /// <exception cref="StartFailedException">It is not there, or is not a program.</exception>
    internal static string Find(string program, string workingFolder, string pathList)
    {
        if (program.Length == 0) throw new StartFailedException("the command is empty");
        if (program.Contains('/', StringComparison.Ordinal))
        {
            var full = Path.GetFullPath(program, workingFolder);
            if (Directory.Exists(full)) throw new StartFailedException($"{full} is a folder, not a program");
            if (!File.Exists(full)) throw new StartFailedException($"no such program: {full}");
            if (ProcessCalls.Access(full, 1) != 0) throw new StartFailedException($"{full} is not executable: chmod +x it, or run it through its interpreter");
            return full;
        }

        foreach (var folder in pathList.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var full = Path.GetFullPath(Path.Combine(folder, program), workingFolder);
            if (ProcessCalls.Access(full, 1) == 0 && File.Exists(full)) return full;
        }

        throw new StartFailedException($"no program {program} in PATH ({pathList})");
    }

    /// <summary>What a failed start says: by the system's error number.</summary>
    internal static string Explain(int error, string program)
    {
        const int TooBig = 7, NoExecFormat = 8;
        return error switch
        {
            TooBig => "its arguments and environment are too large for the system: pass large values through the input file",
            NoExecFormat => $"{program} is not a program this system can run: is its first line #! and its interpreter missing?",
            _ => $"cannot start {program}: {SystemCalls.Describe(error)}",
        };
    }

    /// <summary>What the wrapper's report says; null when the command did start.</summary>
    internal static string? ReadFailure(string failureFile, int? exitCode, string program, string errorTail)
    {
        if (exitCode is not (CannotJoin or CannotRun or NotFound or 2) || !File.Exists(failureFile)) return null;
        var words = errorTail.Trim();
        return exitCode switch
        {
            CannotJoin => $"cannot enter its control group: {words}",
            NotFound => $"no such program, or its interpreter is missing: {program} ({words})",
            _ => $"cannot run {program} ({words})",
        };
    }
}
