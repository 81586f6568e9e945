using System.CommandLine;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Engine.Nodes;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow runs prune</c>: takes away what ended long ago.</summary>
internal static class PruneCommand
{
    private const int RunsATime = 1000;

    private sealed record Pruned(int Runs, Instant EndedBefore);

    /// <summary>The command.</summary>
    public static Command Build()
    {
        var keep = new Option<string>("--keep") { Description = "How long runs are kept after their end, as 12h or 30d", HelpName = "DURATION", DefaultValueFactory = _ => "30d" };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("prune", "Take away runs that ended longer ago than --keep: their history, logs and files; and results kept by cache: that are as old. Open runs and profiles stay.\n\nExamples:\n  foreflow runs prune\n  foreflow runs prune --keep 7d --output json")
        {
            keep, data, output,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            if (!DurationText.TryParse(parsed.GetValue(keep)!, out var kept, out _) || kept < TimeSpan.Zero)
                throw new UserErrorException($"--keep {parsed.GetValue(keep)}: write a duration, as 12h or 30d");
            var folder = DataFolder.Resolve(parsed.GetValue(data));
            await using var storage = await DataFolder.OpenExistingAsync(folder);
            var before = Instant.From(DateTimeOffset.UtcNow) - kept;
            var (count, more) = (0, true);
            while (more)
            {
                var gone = await storage.Runs.PruneAsync(before, RunsATime, cancel);
                foreach (var run in gone) Remove(AttemptFolders.Run(folder, run.Value));
                count += gone.Count;
                more = gone.Count == RunsATime;
            }

            while ((await storage.Results.PruneAsync(before, RunsATime, cancel)).Count == RunsATime) cancel.ThrowIfCancellationRequested();
            var to = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(to, new Pruned(count, before));
            else to.WriteLine($"{count} run(s) that ended before {before} taken away.");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"foreflow: {folder} cannot be taken away: {e.Message}");
        }
    }
}
