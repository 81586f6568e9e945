using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Validation;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>Reads the settings of a stage that have fields of their own.</summary>
internal static class SettingsReader
{
    private static readonly ImmutableArray<string> WorkerKeys = ["command", "protocol", "concurrency"];
    private static readonly ImmutableArray<string> ResourceKeys = ["cpu", "memory", "network", "disk", "fixed"];
    private static readonly ImmutableArray<string> RetryKeys = ["max", "backoff", "factor", "maxBackoff", "jitter", "on", "causes"];
    private static readonly ImmutableArray<string> CauseKeys = ["max", "backoff", "memory"];
    private static readonly ImmutableArray<string> ReplicaKeys = ["min", "max", "resilient"];
    private static readonly ImmutableArray<string> CacheKeys = ["key", "maxAge"];

    public static WorkerBody? ReadWorker(ReadContext context, FieldReader stage)
    {
        if (stage.Mapping("worker", "a worker like { command: [ ./server ], protocol: http }") is not { } mapping) return null;
        var fields = new FieldReader(context, mapping, stage.At("worker"), "a worker", WorkerKeys);
        if (!fields.Has("command")) fields.Report(fields.Path, "missing-key", "the worker has no command: command: [ ./server ]");
        var protocol = WorkerProtocol.Http;
        if (fields.Text("protocol", "http or jsonl") is { } text && text != "http")
        {
            protocol = WorkerProtocol.JsonLines;
            if (text != "jsonl") fields.Report(fields.At("protocol"), "bad-value", $"'{Names.Shorten(text)}' is not a protocol: http or jsonl");
        }

        var command = fields.Texts("command", "a list of program and arguments, [ ./server, --fast ]", anyScalar: true);
        var concurrency = fields.Integer("concurrency") ?? 1;
        var isReadable = fields.Node("command") is YamlSequence { Items: var items } && items.Length == command.Length;
        return isReadable ? new WorkerBody(command, protocol, concurrency) : null;
    }

    public static (Resources? Resources, bool IsFixed) ReadResources(ReadContext context, FieldReader stage)
    {
        if (stage.Mapping("resources", "resources like { cpu: 500m, memory: 256Mi }") is not { } mapping) return (null, false);
        var fields = new FieldReader(context, mapping, stage.At("resources"), "resources", ResourceKeys);
        var before = context.Findings.Count;
        var cpu = ReadQuantity(fields, "cpu", "an amount of CPU like 500m or 2", Quantity.TryParseCpu);
        var memory = ReadQuantity(fields, "memory", "an amount of memory like 256Mi", Quantity.TryParseBytes);
        var network = ReadQuantity(fields, "network", "bytes a second like 10Mi", Quantity.TryParseBytes);
        var disk = ReadQuantity(fields, "disk", "bytes a second like 10Mi", Quantity.TryParseBytes);
        var isFixed = fields.Boolean("fixed") ?? false;
        var resources = new Resources(cpu ?? 0, memory ?? 0, network ?? 0, disk ?? 0);
        return (resources.IsZero ? null : resources, isFixed && context.Findings.Count == before);
    }

    public static RetryPolicy ReadRetries(ReadContext context, FieldReader stage)
    {
        switch (stage.Node("retries"))
        {
            case null:
                return RetryPolicy.None;
            case YamlMapping mapping:
                var fields = new FieldReader(context, mapping, stage.At("retries"), "retries", RetryKeys);
                if (!fields.Has("max")) fields.Report(fields.Path, "missing-key", "retries without a number: max: 3");
                var usual = RetryPolicy.None;
                var backoff = fields.Duration("backoff") ?? usual.Backoff;
                return new RetryPolicy
                {
                    Max = fields.Integer("max") ?? 0,
                    Backoff = backoff,
                    Factor = fields.Number("factor") ?? usual.Factor,
                    // A first wait longer than the usual longest is the longest, unless another is named.
                    MaxBackoff = fields.Duration("maxBackoff") ?? (backoff > usual.MaxBackoff ? backoff : usual.MaxBackoff),
                    Jitter = fields.Number("jitter") ?? usual.Jitter,
                    On = ReadCauses(fields),
                    Causes = ReadCauseRules(context, fields),
                };
            default:
                return RetryPolicy.None with { Max = stage.Integer("retries", "a number of retries, or a mapping like { max: 3, backoff: 2s }") ?? 0 };
        }
    }

    public static ImmutableArray<GateClaim> ReadGates(ReadContext context, FieldReader stage)
    {
        if (stage.Mapping("gates", "units by the name of a gate, { database: 1 }") is not { } mapping) return [];
        var claims = ImmutableArray.CreateBuilder<GateClaim>();
        foreach (var (name, node) in FieldReader.Entries(context, mapping, stage.At("gates")))
        {
            if (stage.IntegerOf(node, $"{stage.At("gates")}.{name}", "a whole number of units") is { } amount) claims.Add(new GateClaim(name, amount));
        }

        return claims.ToImmutable();
    }

    public static ReplicaRange ReadReplicas(ReadContext context, FieldReader stage)
    {
        if (stage.Mapping("replicas", "bounds like { min: 0, max: 8 }") is not { } mapping) return ReplicaRange.Any;
        var fields = new FieldReader(context, mapping, stage.At("replicas"), "replicas", ReplicaKeys);
        return new ReplicaRange(fields.Integer("min") ?? 0, fields.Integer("max"), fields.Boolean("resilient") ?? false);
    }

    public static CachePolicy? ReadCache(ReadContext context, FieldReader stage)
    {
        switch (stage.Node("cache"))
        {
            case null:
                return null;
            case YamlMapping mapping:
                var fields = new FieldReader(context, mapping, stage.At("cache"), "a cache", CacheKeys);
                var key = fields.Written("key", "a template") is { } text ? StageReader.ReadTemplate(fields, fields.At("key"), text) : null;
                return new CachePolicy(key, fields.Duration("maxAge"));
            case YamlScalar { Kind: ScalarKind.Boolean }:
                return stage.Boolean("cache") == true ? new CachePolicy(null, null) : null;
            case var other:
                stage.Misfit(stage.At("cache"), other, "true, or a mapping like { key: ${{ inputs.day }}, maxAge: 7d }");
                return null;
        }
    }

    private static ImmutableArray<CauseRetries> ReadCauseRules(ReadContext context, FieldReader retries)
    {
        if (retries.Mapping("causes", "rules by cause like { out-of-memory: { max: 2 } }") is not { } mapping) return [];
        var rules = new List<CauseRetries>();
        foreach (var (name, node) in FieldReader.Entries(context, mapping, retries.At("causes")))
        {
            var path = $"{retries.At("causes")}.{name}";
            if (!CauseText.TryParse(name, out var cause))
            {
                retries.Report(path, "unknown-key", NotACause(name));
                continue;
            }

            if (node is not YamlMapping rule)
            {
                if (retries.IntegerOf(node, path, "a number of retries, or a mapping like { max: 2, backoff: 5s }") is { } max) rules.Add(new CauseRetries(cause, max));
                continue;
            }

            var fields = new FieldReader(context, rule, path, "the rule of a cause", CauseKeys);
            if (!fields.Has("max")) fields.Report(fields.Path, "missing-key", "retries without a number: max: 3");
            rules.Add(new CauseRetries(cause, fields.Integer("max") ?? 0, fields.Duration("backoff"), fields.Number("memory")));
        }

        return [.. rules.OrderBy(rule => rule.Cause)];
    }

    private static string NotACause(string name) =>
        $"'{Names.Shorten(name)}' is not a cause to retry{(Suggestion.Nearest(name, CauseText.Names) is { } near ? $", did you mean '{near}'?" : $": {string.Join(", ", CauseText.Names)}")}";

    private static ImmutableArray<AttemptCause> ReadCauses(FieldReader fields)
    {
        if (!fields.Has("on")) return RetryPolicy.DefaultCauses;
        var names = fields.Texts("on", $"causes: {string.Join(", ", CauseText.Names)}");
        var causes = new List<AttemptCause>();
        for (var i = 0; i < names.Length; i++)
        {
            if (CauseText.TryParse(names[i], out var cause)) causes.Add(cause);
            else fields.Report($"{fields.At("on")}[{i}]", "bad-value", NotACause(names[i]));
        }

        // An empty list is a mistake of its own; one whose causes were all misread has been reported.
        return causes.Count == 0 && fields.Node("on") is not YamlSequence { Items.IsEmpty: true } ? RetryPolicy.DefaultCauses : [.. causes.Distinct().Order()];
    }

    private delegate bool QuantityParser(string text, out long amount, out string? error);

    private static long? ReadQuantity(FieldReader fields, string key, string expected, QuantityParser parse)
    {
        if (fields.Written(key, expected) is not { } text) return null;
        if (!parse(text, out var amount, out var error)) fields.Report(fields.At(key), "bad-quantity", error!);
        else if (amount == 0) fields.Report(fields.At(key), "out-of-range", $"{key} of 0: leave it out where it is not known");
        else return amount;
        return null;
    }
}
