using System.CommandLine;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow validate FILE…</c>: says everything that is wrong with workflow files, each fault with its place.</summary>
public static class ValidateCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var files = new Argument<string[]>("FILE") { Description = "Workflow files; - is standard input", Arity = ArgumentArity.OneOrMore };
        var output = Output.Option();
        var command = new Command("validate", "Check workflow files without running them. Exit code 0: all are good; 2: one is not.\n\nExamples:\n  foreflow validate nightly.yaml\n  foreflow validate flows/*.yaml --output json")
        {
            files, output,
        };
        command.SetAction(parsed =>
        {
            var readings = parsed.GetValue(files)!.Select(file => new Checked(file, WorkflowFile.Load(file))).ToList();
            var (to, errorsTo) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(to, Document(readings));
            else Print(readings, to, errorsTo);
            return readings.All(r => r.IsGood) ? ExitCodes.Ok : ExitCodes.BadInput;
        });
        return command;
    }

    private sealed record Checked(string File, WorkflowReading Reading)
    {
        public bool IsGood => Reading.Workflow is not null;
    }

    private static object Document(List<Checked> files) => new
    {
        valid = files.All(f => f.IsGood),
        files = files.Select(f => new
        {
            file = f.File,
            valid = f.IsGood,
            workflow = f.Reading.Workflow is { } workflow ? new { workflow.Name, workflow.Version, stages = workflow.Stages.Length } : null,
            diagnostics = f.Reading.Diagnostics.Select(d => new { d.Severity, d.Code, d.Line, d.Column, d.Path, d.Message }),
        }),
    };

    private static void Print(List<Checked> files, TextWriter to, TextWriter errorsTo)
    {
        foreach (var (file, reading) in files)
        {
            foreach (var diagnostic in reading.Diagnostics) errorsTo.WriteLine(diagnostic.ToString(file));
            if (reading.Workflow is { } workflow) to.WriteLine($"{file}: good, {workflow}, {Count(workflow.Stages.Length, "stage")}");
        }

        var errors = files.Sum(f => f.Reading.Diagnostics.Count(d => d.Severity == DiagnosticSeverity.Error));
        if (errors > 0) errorsTo.WriteLine($"{Count(errors, "error")} in {files.Count(f => !f.IsGood)} of {Count(files.Count, "file")}");
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
