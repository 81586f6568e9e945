using System.CommandLine;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow profile</c>: shows what stages take; moves profiles between data folders.</summary>
public static class ProfileCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var workflow = new Argument<string>("WORKFLOW") { Description = "Name of the workflow" };
        var stage = new Argument<string?>("STAGE") { Description = "Name of a stage: shows every measure of it", Arity = ArgumentArity.ZeroOrOne };
        var data = DataFolder.Option();
        var output = Report.Option();
        var command = new Command(
            "profile",
            "Show what the stages of a workflow take: time, CPU, memory, network, disk; how it spreads and grows with input.\n\n" +
            "Examples:\n  foreflow profile nightly\n  foreflow profile nightly count\n  foreflow profile nightly --output csv\n  foreflow profile export nightly nightly.profiles.json")
        {
            workflow, stage, data, output, BuildExport(), BuildImport(),
        };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            var name = parsed.GetValue(workflow)!;
            var profiles = ProfileShelf.Together(await ProfileShelf.LoadAsync(storage.Profiles, name, Complain(parsed), cancel));
            if (profiles.Count == 0) throw new UserErrorException($"nothing is known of workflow '{name}': it has not run here, and no history of it was imported");
            if (parsed.GetValue(stage) is { } wanted)
            {
                var known = profiles;
                profiles = [.. known.Where(p => p.Stage.Name == wanted)];
                if (profiles.Count == 0) throw new UserErrorException($"workflow '{name}' has no profile of a stage '{wanted}'; there are {string.Join(", ", known.Select(p => p.Stage.Name).Distinct())}");
            }

            ProfileReports.Print(parsed.InvocationConfiguration.Output, profiles, parsed.GetValue(stage) is not null, parsed.GetValue(output));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command BuildExport()
    {
        var workflow = new Argument<string>("WORKFLOW") { Description = "Name of the workflow" };
        var file = new Argument<string>("FILE") { Description = "File to write" };
        var data = DataFolder.Option();
        var command = new Command("export", "Write the profiles of a workflow to a file.") { workflow, file, data };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            var profiles = await ProfileShelf.LoadAsync(storage.Profiles, parsed.GetValue(workflow), Complain(parsed), cancel);
            if (profiles.Count == 0) throw new UserErrorException($"nothing is known of workflow '{parsed.GetValue(workflow)}'");
            TraceFiles.Write(parsed.GetValue(file)!, [ProfileFile.Write(profiles)]);
            parsed.InvocationConfiguration.Output.WriteLine($"{profiles.Count} profiles written to {parsed.GetValue(file)}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command BuildImport()
    {
        var file = new Argument<string>("FILE") { Description = "File made by 'foreflow profile export'" };
        var data = DataFolder.Option();
        var command = new Command("import", "Add the profiles of a file to what is known here. The same profiles are added once, however often they are imported.") { file, data };
        command.SetAction(async (parsed, cancel) =>
        {
            var profiles = ProfileFile.Read(parsed.GetValue(file)!);
            await using var storage = await DataFolder.OpenAsync(DataFolder.Resolve(parsed.GetValue(data)));
            var isNew = await ProfileShelf.AddOnceAsync(storage.Profiles, ProfileFile.Source(profiles), profiles, cancel);
            parsed.InvocationConfiguration.Output.WriteLine(isNew ? $"{profiles.Count} profiles added" : "nothing added: these profiles were imported here before");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Action<string> Complain(ParseResult parsed) => message => parsed.InvocationConfiguration.Error.WriteLine($"foreflow: {message}");
}
