using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Simulator.Scenarios;

/// <summary>Reads the machines of a scenario, what others use of them and what goes wrong.</summary>
internal static class ClusterReader
{
    private const int MostNodes = 100_000;

    private static readonly ImmutableArray<string> NodeKeys = ["count", "cpu", "memory", "class"];
    private static readonly ImmutableArray<string> FailureKeys =
        ["nodeMeanTimeBetween", "nodeRepair", "replicaMeanTimeBetween", "stragglerShare", "stragglerFactor", "outages"];

    private static readonly ImmutableArray<string> OutageKeys = ["at", "node", "for"];
    private static readonly ImmutableArray<string> BackgroundKeys = ["share", "spread", "step"];

    /// <summary>One machine on which everything fits, where the scenario is not about machines.</summary>
    private static readonly SimulatedNode Boundless = new(new Resources(1_000_000_000, 1L << 50));

    public static ImmutableArray<SimulatedNode> ReadNodes(ReadContext context, FieldReader fields)
    {
        if (!fields.Has("nodes")) return [Boundless];
        if (fields.Node("nodes") is not YamlSequence { Items.Length: > 0 } list)
        {
            fields.Report("nodes", "wrong-type", "expected a list of nodes: - { count: 4, cpu: 8, memory: 32Gi }");
            return [];
        }

        var nodes = ImmutableArray.CreateBuilder<SimulatedNode>();
        for (var i = 0; i < list.Items.Length; i++)
        {
            var path = $"nodes[{i}]";
            context.Source.Add(path, null, list.Items[i]);
            if (list.Items[i] is not YamlMapping mapping)
            {
                fields.Misfit(path, list.Items[i], "a node: { count: 4, cpu: 8, memory: 32Gi }");
                continue;
            }

            var own = fields.Inside(mapping, path, "a node", NodeKeys);
            var cpu = Cpu(own, "cpu", needed: true);
            var memory = Bytes(own, "memory", needed: true);
            var count = own.Integer("count") ?? 1;
            if (count is < 1 or > MostNodes || nodes.Count + count > MostNodes) own.Report(own.At("count"), "bad-value", $"nodes: from 1 to {MostNodes} in all");
            else if (cpu is { } c && memory is { } m) nodes.AddRange(Enumerable.Repeat(new SimulatedNode(new Resources(c, m), own.Text("class", "a name") ?? "default"), count));
        }

        return nodes.ToImmutable();
    }

    public static FailureModel ReadFailures(ReadContext context, FieldReader fields, int nodes)
    {
        if (fields.Mapping("failures", "what goes wrong: nodeMeanTimeBetween, …") is not { } mapping) return new FailureModel();
        var own = new FieldReader(context, mapping, "failures", "failures", FailureKeys);
        var usual = new FailureModel();
        return new FailureModel
        {
            NodeMeanTimeBetween = MeanTime(own, "nodeMeanTimeBetween"),
            NodeRepair = own.Duration("nodeRepair") ?? usual.NodeRepair,
            ReplicaMeanTimeBetween = MeanTime(own, "replicaMeanTimeBetween"),
            StragglerShare = Share(own, "stragglerShare") ?? 0,
            StragglerFactor = StragglerFactor(own) ?? usual.StragglerFactor,
            Outages = ReadOutages(context, own, nodes),
        };
    }

    private static TimeSpan? MeanTime(FieldReader fields, string key)
    {
        if (fields.Duration(key) is not { } mean) return null;
        if (mean >= TimeSpan.FromSeconds(1)) return mean;
        fields.Report(fields.At(key), "bad-value", "at least 1s; leave the key out where nothing is lost");
        return null;
    }

    private static double? StragglerFactor(FieldReader fields)
    {
        if (fields.Number("stragglerFactor") is not { } factor) return null;
        if (factor is >= 1 and <= 1e6) return factor;
        fields.Report(fields.At("stragglerFactor"), "bad-value", "how many times as long: from 1 on");
        return null;
    }

    public static BackgroundLoad? ReadBackground(ReadContext context, FieldReader fields)
    {
        if (fields.Mapping("background", "use by others: share, spread, step") is not { } mapping) return null;
        var own = new FieldReader(context, mapping, "background", "background", BackgroundKeys);
        var step = own.Duration("step") ?? TimeSpan.FromMinutes(1);
        if (step < TimeSpan.FromSeconds(1)) own.Report(own.At("step"), "bad-value", "at least 1s");
        return new BackgroundLoad(Share(own, "share") ?? 0, Share(own, "spread") ?? 0, step);
    }

    public static double? Share(FieldReader fields, string key)
    {
        if (fields.Number(key) is not { } value) return null;
        if (value is >= 0 and <= 1) return value;
        fields.Report(fields.At(key), "bad-value", "a share is from 0 to 1");
        return null;
    }

    public static long? Cpu(FieldReader fields, string key, bool needed = false)
    {
        if (fields.Written(key, "an amount of CPU like 500m or 2") is not { } text) return Missing(fields, key, needed, "cores, like 8 or 500m");
        if (Quantity.TryParseCpu(text, out var value, out var error) && value > 0) return value;
        fields.Report(fields.At(key), "bad-quantity", error ?? "more than 0 is needed");
        return null;
    }

    public static long? Bytes(FieldReader fields, string key, bool needed = false)
    {
        if (fields.Written(key, "an amount of memory like 512Mi") is not { } text) return Missing(fields, key, needed, "bytes, like 32Gi");
        if (Quantity.TryParseBytes(text, out var value, out var error) && value > 0) return value;
        fields.Report(fields.At(key), "bad-quantity", error ?? "more than 0 is needed");
        return null;
    }

    private static long? Missing(FieldReader fields, string key, bool needed, string what)
    {
        if (needed && !fields.Has(key)) fields.Report(fields.Path, "missing-key", $"{key} is missing: {what}");
        return null;
    }

    private static ImmutableArray<NodeOutage> ReadOutages(ReadContext context, FieldReader fields, int nodes)
    {
        if (fields.Node("outages") is null) return [];
        if (fields.Node("outages") is not YamlSequence list)
        {
            fields.Report(fields.At("outages"), "wrong-type", "expected a list: - { at: 2h, node: 0, for: 10m }");
            return [];
        }

        var outages = ImmutableArray.CreateBuilder<NodeOutage>();
        for (var i = 0; i < list.Items.Length; i++)
        {
            var path = $"{fields.At("outages")}[{i}]";
            if (list.Items[i] is not YamlMapping mapping)
            {
                fields.Misfit(path, list.Items[i], "an outage: { at: 2h, node: 0, for: 10m }");
                continue;
            }

            var own = fields.Inside(mapping, path, "an outage", OutageKeys);
            var node = own.Integer("node") ?? 0;
            if (node < 0 || node >= nodes) own.Report(own.At("node"), "bad-value", nodes == 1 ? "there is one node: node: 0" : $"a node by its position: from 0 to {nodes - 1}");
            else if (own.Duration("at") is { } at && own.Duration("for") is { } length) outages.Add(new NodeOutage(at, node, length));
            else own.Report(path, "missing-key", "an outage has at and for: { at: 2h, node: 0, for: 10m }");
        }

        return outages.ToImmutable();
    }
}
