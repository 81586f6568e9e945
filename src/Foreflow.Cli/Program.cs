using System.CommandLine;
using System.CommandLine.Invocation;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;

var root = new RootCommand("Foreflow runs workflows and prepares ahead: it measures every stage, forecasts its demand, and warms replicas before the work arrives.")
{
    RunCommand.Build(),
    ValidateCommand.Build(),
    GraphCommand.Build(),
    DemoCommand.Build(),
    RunsCommand.Build(),
    ControlCommands.PauseAll(),
    ControlCommands.ResumeAll(),
    LogsCommand.Build(),
    PlanCommand.Build(),
    ExplainCommand.Build(),
    ProfileCommand.Build(),
    ImportCommand.Build(),
    SizeCommand.Build(),
    ForecastCommand.Build(),
    BacktestCommand.Build(),
    SimulateCommand.Build(),
    DoctorCommand.Build(),
};

using var interruption = Interruption.Listen();
try
{
    var parsed = root.Parse(args);
    if (parsed.Action is ParseErrorAction && args.Length > 0)
    {
        ParseErrors.Write(Console.Error, parsed);
        return ExitCodes.BadInput;
    }

    // Signals are heard here: the library gives a command two seconds to end, which is less than processes have.
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interruption.Token);
}
catch (UserErrorException e)
{
    // What a person can put right is said in a line; everything else is a fault of ours and keeps its trace.
    Console.Error.WriteLine($"foreflow: {e.Message}");
    return e.ExitCode;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("foreflow: interrupted");
    return Interruption.ExitCode;
}
