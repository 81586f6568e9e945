using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Validation;
using YamlDotNet.Core;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>
/// Reads workflow files: YAML text in, a definition or everything that is wrong with it out. Total: any input whatever
/// gives diagnostics, never an exception, in time and space bounded by <see cref="MaxBytes"/>.
/// </summary>
public static class WorkflowReader
{
    /// <summary>The largest file that is read, in bytes: 4 MiB.</summary>
    public const int MaxBytes = 4 << 20;

    private static readonly ImmutableArray<string> Keys =
        ["name", "description", "inputs", "priority", "deadline", "triggers", "gates", "stages"];

    private static readonly Dictionary<string, string> OtherWords = new(StringComparer.Ordinal)
    {
        ["jobs"] = "stages", ["steps"] = "stages", ["tasks"] = "stages", ["nodes"] = "stages",
        ["on"] = "triggers", ["schedule"] = "triggers", ["cron"] = "triggers",
        ["params"] = "inputs", ["parameters"] = "inputs", ["arguments"] = "inputs",
        ["title"] = "name", ["id"] = "name", ["sla"] = "deadline", ["slo"] = "deadline",
    };

    /// <summary>Reads the bytes of a file: UTF-8, with or without a byte-order mark.</summary>
    public static WorkflowReading Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes) return TooLarge();
        if (utf8.StartsWith(Encoding.UTF8.Preamble)) utf8 = utf8[3..];
        var valid = ValidLength(utf8);
        if (valid == utf8.Length) return ReadText(Encoding.UTF8.GetString(utf8));

        var before = Encoding.UTF8.GetString(utf8[..valid]);
        return WorkflowReading.Failed(new Diagnostic(
            DiagnosticSeverity.Error, "not-utf8", "the bytes from here on are not UTF-8: save the file in that encoding", "",
            before.AsSpan().Count('\n') + 1, before.Length - before.LastIndexOf('\n')));
    }

    /// <summary>Reads the text of a file.</summary>
    public static WorkflowReading Read(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes) return TooLarge();
        return ReadText(text.StartsWith('\uFEFF') ? text[1..] : text);
    }

    private static WorkflowReading ReadText(string text)
    {
        if (!YamlComposer.TryCompose(text, out var root, out var error))
        {
            return WorkflowReading.Failed(new Diagnostic(
                DiagnosticSeverity.Error, error!.Code, error.Message, "", Math.Max(1, (int)error.At.Line), Math.Max(1, (int)error.At.Column)));
        }

        var context = new ReadContext(new Findings(), new SourceMap(text));
        var workflow = root switch
        {
            null or YamlScalar { Kind: ScalarKind.Null } => Refuse(context, "empty", "the file is empty: a workflow has at least a name and stages"),
            YamlMapping mapping => WorkflowCompletion.Complete(ReadWorkflow(context, mapping), context.Findings),
            _ => Refuse(context, "wrong-type", "a workflow is a mapping: name: ..., stages: ..."),
        };
        return new WorkflowReading(workflow, Place(context));
    }

    private static WorkflowDefinition ReadWorkflow(ReadContext context, YamlMapping mapping)
    {
        var fields = new FieldReader(context, mapping, "", "a workflow", Keys, OtherWords);
        if (!fields.Has("name")) fields.Report("name", "missing-key", "the workflow has no name");
        return new WorkflowDefinition
        {
            Name = fields.Text("name", "a name") ?? Unnamed,
            Description = fields.Text("description", "text") ?? "",
            Inputs = InputReader.ReadInputs(context, fields),
            Priority = ReadPriority(fields),
            Deadline = fields.Duration("deadline"),
            Triggers = InputReader.ReadTriggers(context, fields),
            Gates = ReadGates(context, fields),
            Stages = StageReader.ReadStages(context, fields),
        };
    }

    // Stands in for a name that was reported, so that it is not reported twice.
    private const string Unnamed = "unnamed";

    private static Priority ReadPriority(FieldReader fields)
    {
        if (fields.Text("priority", "batch, normal or critical") is not { } text) return Priority.Normal;
        switch (text)
        {
            case "batch":
                return Priority.Batch;
            case "normal":
                return Priority.Normal;
            case "critical":
                return Priority.Critical;
            default:
                fields.Report("priority", "bad-value", DurationText.TryParse(text, out _, out _)
                    ? $"'{text}' is a duration, a priority is batch, normal or critical: write deadline: {text}"
                    : $"'{Names.Shorten(text)}' is not a priority: batch, normal or critical{Suggestion.For(text, ["batch", "normal", "critical"])}");
                return Priority.Normal;
        }
    }

    private static ImmutableArray<GateDefinition> ReadGates(ReadContext context, FieldReader fields)
    {
        const string Expected = "units (4), or units per period (100/1m)";
        if (fields.Mapping("gates", $"gates by name, each with its {Expected}") is not { } mapping) return [];
        var gates = ImmutableArray.CreateBuilder<GateDefinition>();
        foreach (var (name, node) in FieldReader.Entries(context, mapping, "gates"))
        {
            var path = $"gates.{name}";
            if (node is YamlScalar { Kind: ScalarKind.Text } scalar) gates.AddRange(ReadRate(fields, name, scalar.Value, path));
            else if (fields.IntegerOf(node, path, Expected) is { } units) gates.Add(new CapacityGate(name, units));
        }

        return gates.ToImmutable();
    }

    private static ImmutableArray<GateDefinition> ReadRate(FieldReader fields, string name, string text, string path)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        string? error = null;
        if (slash > 0
            && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var units)
            && DurationText.TryParse(text[(slash + 1)..], out var period, out error))
        {
            return [new RateGate(name, units, period)];
        }

        fields.Report(path, "bad-rate", error ?? $"'{Names.Shorten(text)}' is not a gate: write units (4), or units per period (100/1m)");
        return [];
    }

    private static ImmutableArray<Diagnostic> Place(ReadContext context) =>
    [
        .. context.Findings.All.Select(f =>
        {
            var atKey = f.Code is "bad-name" or "unknown-key" or "duplicate-key" or "duplicate";
            var (line, column) = context.Source.Locate(f.Path, f.Offset, atKey ? Spot.Key : f.Code == "wrong-type" ? Spot.Value : Spot.Either);
            return new Diagnostic(f.Severity, f.Code, f.Message, ReadContext.Shown(f.Path), line, column);
        }).OrderBy(d => d.Line).ThenBy(d => d.Column),
    ];

    private static WorkflowDefinition? Refuse(ReadContext context, string code, string message)
    {
        context.Findings.Add("", code, message);
        return null;
    }

    private static WorkflowReading TooLarge() => WorkflowReading.Failed(new Diagnostic(
        DiagnosticSeverity.Error, "too-large",
        string.Create(CultureInfo.InvariantCulture, $"the file has more than {MaxBytes:N0} bytes, the most that is read: equal stages are one stage with foreach, data belongs in files of its own"), "", 1, 1));

    // How many bytes from the start are UTF-8.
    private static int ValidLength(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            if (Rune.DecodeFromUtf8(bytes[at..], out _, out var taken) != System.Buffers.OperationStatus.Done) return at;
            at += taken;
        }

        return at;
    }
}

/// <summary>What reading a file gave.</summary>
/// <param name="Workflow">The workflow; null when there is an error.</param>
/// <param name="Diagnostics">Errors and warnings, by line and column.</param>
public sealed record WorkflowReading(WorkflowDefinition? Workflow, ImmutableArray<Diagnostic> Diagnostics)
{
    internal static WorkflowReading Failed(Diagnostic diagnostic) => new(null, [diagnostic]);
}
