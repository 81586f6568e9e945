using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Engine.Execution;
using Foreflow.Engine.Nodes;
using Spectre.Console;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow doctor</c>: what this machine lets Foreflow enforce, measure and keep.</summary>
public static class DoctorCommand
{
    private const long LeastFreeBytes = 1_000_000_000;

    /// <summary>The command.</summary>
    public static Command Build()
    {
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("doctor", "Try what this machine allows: limits, measurements, the data folder. Exit 1 where something needed is missing.\n\nExamples:\n  foreflow doctor\n  foreflow doctor --output json")
        {
            data, output,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = DataFolder.Resolve(parsed.GetValue(data));
            List<Finding> findings = [.. await ExamineAsync(folder), .. await QuarantinedAsync(folder, cancel)];
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(findings);
            else Print(findings);
            return findings.Any(f => f.State == "broken") ? ExitCodes.Failed : ExitCodes.Ok;
        });
        return command;
    }

    private sealed record Finding(string Name, string State, string Detail);

    private static async Task<IReadOnlyList<Finding>> ExamineAsync(string folder)
    {
        var findings = new List<Finding>();
        var machine = NodeOptions.WholeMachine();
        findings.Add(new Finding("machine", "fine", string.Create(CultureInfo.InvariantCulture, $"{machine.CpuCores:0.#} cores, {machine.MemoryBytes / 1e9:0.0} GB, {RuntimeInformation.OSDescription}")));
        findings.Add(new Finding("runtime", "fine", RuntimeInformation.FrameworkDescription));
        findings.Add(DataFolderOf(folder));
        if (!OperatingSystem.IsLinux())
        {
            findings.Add(new Finding("processes", "broken", "processes of stages are run on Linux only"));
            return findings;
        }

        var host = await HostCapabilities.ProbeAsync(memoryPressureFile: MemoryPressureFile.Path);
        findings.AddRange(host.All.Select(c => new Finding(c.Name, c.State.ToString().ToLowerInvariant(), c.Detail)));
        return findings;
    }

    /// <summary>Stages whose workers kept failing when the newest plan was made.</summary>
    private static async Task<IReadOnlyList<Finding>> QuarantinedAsync(string folder, CancellationToken cancel)
    {
        if (!DataFolder.HasStore(folder)) return [];
        try
        {
            await using var storage = await DataFolder.OpenAsync(folder);
            return await JournalReader.LastPlanAsync(storage, Instant.Never, cancel) is { Quarantined: { } stages } plan ? Of(stages, plan) : [];
        }
        catch (UserErrorException e)
        {
            return [new Finding("store", "broken", e.Message)];
        }

        static IReadOnlyList<Finding> Of(IReadOnlyList<QuarantinedStage> stages, PlanDocument plan) => [.. stages.Select(held => new Finding(
            $"stage {held.StageName}", "quarantined",
            $"at {plan.At} {held.Failures} workers in a row had failed{(held.Error is null ? "" : $", the last: {held.Error}")}"))];
    }

    private static Finding DataFolderOf(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".probe-{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            var free = new DriveInfo(folder).AvailableFreeSpace;
            return free < LeastFreeBytes
                ? new Finding("data folder", "broken", $"{folder}: only {RunReports.Bytes(free)} are free; make room, or name another folder with --data")
                : new Finding("data folder", "fine", $"{folder}, {RunReports.Bytes(free)} free");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Finding("data folder", "broken", $"{folder} cannot be written: {e.Message} Name another with --data.");
        }
    }

    private static void Print(IReadOnlyList<Finding> findings)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("what", "state", "how");
        foreach (var finding in findings) table.AddRow(Markup.Escape(finding.Name), finding.State, Markup.Escape(finding.Detail));
        Report.Write(Console.Out, table);
    }
}
