using System.CommandLine;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow logs RUN [STAGE]</c>: what the attempts of a run wrote.</summary>
public static class LogsCommand
{
    private const int LinesAFile = 2000;

    /// <summary>The command.</summary>
    public static Command Build()
    {
        var run = new Argument<string>("RUN") { Description = "Id of a run, or its start" };
        var stage = new Argument<string?>("STAGE") { Description = "Only this stage", Arity = ArgumentArity.ZeroOrOne };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("logs", "Show what the attempts of a run wrote to standard output and standard error.\n\nExamples:\n  foreflow logs 01m85r\n  foreflow logs 01m85r merge --output json")
        {
            run, stage, data, output,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = DataFolder.Resolve(parsed.GetValue(data));
            await using var storage = await DataFolder.OpenExistingAsync(folder);
            var summary = await RunsCommand.FindAsync(storage, parsed.GetValue(run)!, cancel);
            var report = await RunReports.OfAsync(storage, await RunReader.ViewAsync(storage, summary.Id, cancel), folder);
            var wanted = parsed.GetValue(stage);
            var stages = report.Stages.Where(s => wanted is null || s.Name == wanted).ToList();
            if (stages.Count == 0) throw new UserErrorException($"run {summary.Id} has no stage '{wanted}': there are {string.Join(", ", report.Stages.Select(s => s.Name))}");
            var logs = stages.SelectMany(s => s.Attempts.SelectMany(a => FilesOf(s.Name, a))).ToList();
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(logs);
            else Print(logs);
            return ExitCodes.Ok;
        });
        return command;
    }

    private sealed record LogText(string Stage, int Task, int Attempt, string Cause, string Stream, string Text, string File);

    private static IEnumerable<LogText> FilesOf(string stage, AttemptLine attempt)
    {
        foreach (var (stream, name) in new[] { ("stdout", "stdout.log"), ("stderr", "stderr.log") })
        {
            var file = Path.Combine(attempt.LogFolder, name);
            if (!File.Exists(file)) continue;
            var text = string.Join('\n', File.ReadLines(file).Take(LinesAFile));
            if (text.Length > 0) yield return new LogText(stage, attempt.Task, attempt.Attempt, attempt.Cause, stream, text, file);
        }
    }

    private static void Print(List<LogText> logs)
    {
        foreach (var log in logs)
        {
            Console.Out.WriteLine($"== {log.Stage}[{log.Task}] attempt {log.Attempt} ({log.Cause}) {log.Stream}");
            Console.Out.WriteLine(log.Text);
        }

        if (logs.Count == 0) Console.Error.WriteLine("Nothing was written.");
    }
}
