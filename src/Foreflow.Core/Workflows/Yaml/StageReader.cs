using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Core.Workflows.Validation;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>Reads stages.</summary>
internal static class StageReader
{
    private static readonly ImmutableArray<string> Keys =
    [
        "needs", "when", "foreach", "run", "worker", "handler", "env", "with", "outputs", "artifacts", "resources", "idempotent",
        "retries", "timeout", "maxWait", "gates", "replicas", "cache",
    ];

    private static readonly Dictionary<string, string> OtherWords = new(StringComparer.Ordinal)
    {
        ["depends_on"] = "needs", ["dependsOn"] = "needs", ["depends"] = "needs", ["dependencies"] = "needs", ["after"] = "needs", ["requires"] = "needs",
        ["if"] = "when", ["condition"] = "when",
        ["loop"] = "foreach", ["matrix"] = "foreach", ["for"] = "foreach", ["with_items"] = "foreach", ["items"] = "foreach",
        ["script"] = "run", ["cmd"] = "run", ["command"] = "run", ["exec"] = "run", ["shell"] = "run", ["bash"] = "run",
        ["environment"] = "env", ["vars"] = "env", ["variables"] = "env",
        ["input"] = "with", ["inputs"] = "with", ["args"] = "with", ["params"] = "with", ["arguments"] = "with",
        ["output"] = "outputs", ["limits"] = "resources", ["requests"] = "resources", ["cpu"] = "resources", ["memory"] = "resources",
        ["retry"] = "retries", ["attempts"] = "retries", ["timeout-minutes"] = "timeout", ["scale"] = "replicas", ["sla"] = "maxWait", ["slo"] = "maxWait",
    };

    public static ImmutableArray<StageDefinition> ReadStages(ReadContext context, FieldReader workflow)
    {
        if (workflow.Mapping("stages", "stages by name") is not { } mapping) return [];
        if (mapping.Entries.IsEmpty) return [];
        var stages = ImmutableArray.CreateBuilder<StageDefinition>();
        foreach (var (name, node) in FieldReader.Entries(context, mapping, "stages"))
        {
            var path = $"stages.{name}";
            if (node is YamlMapping body)
            {
                stages.Add(ReadStage(context, name, body, path));
                continue;
            }

            // The name stays known, or every stage that needs it would be reported too.
            workflow.Misfit(path, node, "a stage like { run: ./script.sh }");
            stages.Add(new StageDefinition { Name = name, Body = new NoBody(IsReported: true) });
        }

        return stages.ToImmutable();
    }

    private static StageDefinition ReadStage(ReadContext context, string name, YamlMapping mapping, string path)
    {
        var fields = new FieldReader(context, mapping, path, "a stage", Keys, OtherWords);
        var (resources, isFixed) = SettingsReader.ReadResources(context, fields);
        return new StageDefinition
        {
            Name = name,
            Needs = fields.Texts("needs", "names of stages"),
            When = ReadWhen(context, fields),
            Foreach = ReadForeach(context, fields),
            Body = ReadBody(context, fields),
            Env = ReadEnv(context, fields),
            With = ReadWith(context, fields),
            Outputs = fields.Texts("outputs", "names of outputs"),
            Artifacts = fields.Texts("artifacts", "paths or globs"),
            Resources = resources,
            ResourcesFixed = isFixed,
            Idempotent = fields.Boolean("idempotent") ?? false,
            Retries = SettingsReader.ReadRetries(context, fields),
            Timeout = fields.Duration("timeout"),
            MaxWait = fields.Duration("maxWait"),
            Gates = SettingsReader.ReadGates(context, fields),
            Replicas = SettingsReader.ReadReplicas(context, fields),
            Cache = SettingsReader.ReadCache(context, fields),
        };
    }

    private static StageBody ReadBody(ReadContext context, FieldReader fields)
    {
        ReadOnlySpan<string> kinds = ["run", "worker", "handler"];
        var first = "";
        foreach (var kind in kinds)
        {
            if (!fields.Has(kind)) continue;
            if (first.Length > 0) fields.Report(fields.At(kind), "two-bodies", $"the stage has '{first}' already: it does one thing");
            else first = kind;
        }

        StageBody? body = first switch
        {
            "run" => fields.Written("run", "a script") is { } script ? new RunBody(script) : null,
            "handler" => fields.Text("handler", "the name of a handler") is { } handler ? new HandlerBody(handler) : null,
            "worker" => SettingsReader.ReadWorker(context, fields),
            _ => new NoBody(IsReported: false),
        };
        return body ?? new NoBody(IsReported: true);
    }

    private static Expression? ReadWhen(ReadContext context, FieldReader fields)
    {
        if (fields.Node("when") is YamlScalar { Kind: ScalarKind.Boolean }) return Expression.Parse(fields.Boolean("when") == true ? "true" : "false");
        return fields.Text("when", "a condition like ${{ inputs.day != 'today' }}") is { } text ? ReadExpression(context, fields, "when", text) : null;
    }

    private static Expression? ReadForeach(ReadContext context, FieldReader fields)
    {
        const string Expected = "an expression like ${{ stages.split.outputs.chunks }}, or a list";
        switch (fields.Node("foreach"))
        {
            case null:
                return null;
            case YamlSequence list:
                return JsonConversion.Read(context, list, fields.At("foreach")) is { } items ? Expression.Literal(items) : null;
            default:
                return fields.Text("foreach", Expected) is { } text ? ReadExpression(context, fields, "foreach", text) : null;
        }
    }

    private static Expression? ReadExpression(ReadContext context, FieldReader fields, string key, string text)
    {
        var inner = ExpressionText.Unwrap(text, out var offset);
        context.Source.Shift(fields.At(key), offset);
        if (Expression.TryParse(inner, out var expression, out var error)) return expression;
        fields.Report(fields.At(key), "bad-expression", $"{error!.Message}", error.Position);
        return null;
    }

    private static ImmutableArray<NamedTemplate> ReadEnv(ReadContext context, FieldReader fields)
    {
        if (fields.Mapping("env", "values by the name of a variable") is not { } mapping) return [];
        var variables = ImmutableArray.CreateBuilder<NamedTemplate>();
        foreach (var (name, node) in FieldReader.Entries(context, mapping, fields.At("env")))
        {
            var path = $"{fields.At("env")}.{name}";
            if (fields.WrittenOf(node, path, "a value (the empty one is '')") is { } text && ReadTemplate(fields, path, text) is { } template) variables.Add(new(name, template));
        }

        return variables.ToImmutable();
    }

    private static ImmutableArray<NamedTemplate> ReadWith(ReadContext context, FieldReader fields)
    {
        if (fields.Mapping("with", "values by the name of a field") is not { } mapping) return [];
        var values = ImmutableArray.CreateBuilder<NamedTemplate>();
        foreach (var (name, node) in FieldReader.Entries(context, mapping, fields.At("with")))
        {
            var path = $"{fields.At("with")}.{name}";
            var template = node is YamlScalar { Kind: ScalarKind.Text } text
                ? ReadTemplate(fields, path, text.Value)
                : JsonConversion.Read(context, node, path) is { } value ? Template.Literal(value) : null;
            if (template is not null) values.Add(new(name, template));
        }

        return values.ToImmutable();
    }

    internal static Template? ReadTemplate(FieldReader fields, string path, string text)
    {
        if (Template.TryParse(text, out var template, out var error)) return template;
        fields.Report(path, "bad-expression", error!.Message, error.Position);
        return null;
    }
}
