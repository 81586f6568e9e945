using System.Collections.Immutable;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Simulator.Scenarios;

/// <summary>What replicas and missed service levels cost, in any one currency.</summary>
/// <param name="ReplicaHour">An hour of a replica.</param>
/// <param name="ViolationMinute">A minute in which a task waited too long.</param>
public sealed record CostModel(double ReplicaHour = 1, double ViolationMinute = 0);

/// <summary>Reads the settings of the pool and the costs.</summary>
internal static class SettingsSection
{
    private static readonly ImmutableArray<string> Keys =
        ["mode", "cyclePeriod", "fineStep", "fineHorizon", "coarseStep", "coarseHorizon", "idleTimeout", "speculativeShare", "hedgeShare", "samplePaths"];

    public static PoolSettings Read(ReadContext context, FieldReader fields)
    {
        var usual = new PoolSettings();
        if (fields.Mapping("settings", "settings of the pool: cyclePeriod, …") is not { } mapping) return usual;
        var own = new FieldReader(context, mapping, "settings", "settings", Keys);
        var settings = usual with
        {
            Mode = Mode(own),
            CyclePeriod = own.Duration("cyclePeriod") ?? usual.CyclePeriod,
            FineStep = own.Duration("fineStep") ?? usual.FineStep,
            FineHorizon = own.Duration("fineHorizon") ?? usual.FineHorizon,
            CoarseStep = own.Duration("coarseStep") ?? usual.CoarseStep,
            CoarseHorizon = own.Duration("coarseHorizon") ?? usual.CoarseHorizon,
            IdleTimeout = own.Duration("idleTimeout") ?? usual.IdleTimeout,
            SpeculativeShare = ClusterReader.Share(own, "speculativeShare") ?? usual.SpeculativeShare,
            HedgeShare = ClusterReader.Share(own, "hedgeShare") ?? usual.HedgeShare,
            SamplePaths = own.Integer("samplePaths") ?? usual.SamplePaths,
        };
        foreach (var error in settings.Validate()) own.Report("settings", "bad-value", error);
        return settings;
    }

    public static CostModel ReadCost(ReadContext context, FieldReader fields)
    {
        if (fields.Mapping("cost", "costs: replicaHour, violationMinute") is not { } mapping) return new CostModel();
        var own = new FieldReader(context, mapping, "cost", "cost", ["replicaHour", "violationMinute"]);
        return new CostModel(own.Number("replicaHour") ?? 1, own.Number("violationMinute") ?? 0);
    }

    private static PoolMode Mode(FieldReader fields)
    {
        string[] known = ["off", "recommend", "on"];
        if (fields.Written("mode", "off, recommend or on") is not { } text) return PoolMode.On;
        var index = Array.IndexOf(known, text);
        if (index >= 0) return (PoolMode)index;
        fields.Report(fields.At("mode"), "bad-value", $"'{text}' is not a mode{(Suggestion.Nearest(text, known) is { } near ? $", did you mean '{near}'?" : ": off, recommend or on")}");
        return PoolMode.On;
    }
}
