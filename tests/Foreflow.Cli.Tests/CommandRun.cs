using System.CommandLine;

namespace Foreflow.Cli.Tests;

/// <summary>Runs a command in this process and keeps what it wrote.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public static CommandRun Of(Command command, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        var exitCode = command.Parse(arguments).Invoke(configuration);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }
}
