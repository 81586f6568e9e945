using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core;

/// <summary>A plan as it is kept, shown and compared byte for byte.</summary>
public sealed record PlanDocument
{
    /// <summary>Tells a plan from an event on a line of the journal.</summary>
    [JsonPropertyName("e")]
    public string Kind { get; init; } = "plan";

    /// <summary>One more than the plan before.</summary>
    public long Generation { get; init; }

    /// <summary>When it was made.</summary>
    public Instant At { get; init; }

    /// <summary>True for a full cycle.</summary>
    public bool Full { get; init; }

    /// <summary>Name of the replication policy.</summary>
    public string Policy { get; init; } = "";

    /// <summary>Demand foreseen, in short.</summary>
    public ImmutableArray<DemandSummary> Demand { get; init; } = [];

    /// <summary>Changes in replicas.</summary>
    public ImmutableArray<ReplicaDecision> Replicas { get; init; } = [];

    /// <summary>Changes that were only advised.</summary>
    public ImmutableArray<ReplicaDecision> Advice { get; init; } = [];

    /// <summary>Changes of the ledger.</summary>
    public ImmutableArray<ClaimStep> Claims { get; init; } = [];

    /// <summary>Tasks that start.</summary>
    public ImmutableArray<Assignment> Work { get; init; } = [];

    /// <summary>Attempts that are stopped.</summary>
    public ImmutableArray<long> Preempted { get; init; } = [];

    /// <summary>Attempts that get a second one beside them; null for none.</summary>
    public ImmutableArray<Hedge>? Hedges { get; init; }

    /// <summary>Attempts that stand still from then on; null for none.</summary>
    public ImmutableArray<long>? Paused { get; init; }

    /// <summary>Paused attempts that go on; null for none.</summary>
    public ImmutableArray<long>? Resumed { get; init; }

    /// <summary>What was done about room that was short, cheapest first; null for nothing.</summary>
    public ImmutableArray<LadderStep>? Ladder { get; init; }

    /// <summary>What is done about nodes whose memory runs out; null for nothing.</summary>
    public ImmutableArray<ReliefStep>? Relief { get; init; }

    /// <summary>Stages whose replicas fail again and again; null for none.</summary>
    public ImmutableArray<QuarantinedStage>? Quarantined { get; init; }

    /// <summary>Waiting tasks that are given up; null for none.</summary>
    public ImmutableArray<RefusedTask>? Refused { get; init; }

    /// <summary>The document of a plan.</summary>
    /// <param name="snapshot">Gives the names of stages; without it the demand carries numbers only.</param>
    /// <param name="withDemand">False to leave the demand out, which is the bulk of a plan.</param>
    public static PlanDocument Of(CyclePlan plan, ClusterSnapshot? snapshot = null, bool withDemand = true) => new()
    {
        Generation = plan.Generation,
        At = plan.At,
        Full = plan.Full,
        Policy = plan.Policy,
        Demand = !withDemand ? [] : [.. plan.Demand.Select(d => DemandSummary.Of(d, snapshot?.Stages[d.Stage].Id.ToString()))],
        Replicas = plan.Replicas,
        Advice = plan.Advice,
        Claims = plan.Claims,
        Work = plan.Work,
        Preempted = plan.Preempted,
        Hedges = plan.Hedges.IsEmpty ? null : plan.Hedges,
        Paused = plan.Paused.IsEmpty ? null : plan.Paused,
        Resumed = plan.Resumed.IsEmpty ? null : plan.Resumed,
        Ladder = plan.Ladder.IsEmpty ? null : plan.Ladder,
        Relief = plan.Relief.IsEmpty ? null : plan.Relief,
        Quarantined = plan.Quarantined.IsEmpty ? null : plan.Quarantined,
        Refused = plan.Refused.IsEmpty ? null : plan.Refused,
    };
}

/// <summary>A demand curve in at most sixty points.</summary>
/// <param name="Stage">Stage number.</param>
/// <param name="Name">Name of the stage; null where it is not needed.</param>
/// <param name="From">Start of the first point.</param>
/// <param name="StepSeconds">Seconds from point to point.</param>
/// <param name="Mean">Highest mean of the buckets of a point, in slots.</param>
/// <param name="Q95">Highest 95 % quantile of the buckets of a point, in slots.</param>
public sealed record DemandSummary(int Stage, string? Name, Instant From, double StepSeconds, ImmutableArray<double> Mean, ImmutableArray<double> Q95)
{
    private const int MostPoints = 60;

    /// <summary>The summary of a curve.</summary>
    public static DemandSummary Of(DemandCurve curve, string? name)
    {
        var width = (curve.Buckets + MostPoints - 1) / MostPoints;
        var mean = ImmutableArray.CreateBuilder<double>();
        var high = ImmutableArray.CreateBuilder<double>();
        for (var b = 0; b < curve.Buckets; b += width)
        {
            var (m, q) = (0.0, 0.0);
            for (var i = b; i < Math.Min(curve.Buckets, b + width); i++)
            {
                m = Math.Max(m, curve.Mean(i));
                q = Math.Max(q, curve.Quantile(0.95, i));
            }

            mean.Add(Math.Round(m, 2));
            high.Add(Math.Round(q, 2));
        }

        return new DemandSummary(curve.Stage, name, curve.From, curve.Step.TotalSeconds * width, mean.ToImmutable(), high.ToImmutable());
    }
}

/// <summary>A change in a stage's replicas as it is kept to be explained later.</summary>
/// <param name="Generation">The plan it is part of.</param>
/// <param name="At">When it was decided.</param>
/// <param name="Decision">The change.</param>
public sealed record DecisionRecord(long Generation, Instant At, ReplicaDecision Decision);

/// <summary>Writes and reads plans as JSON.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PlanDocument))]
[JsonSerializable(typeof(DecisionRecord))]
public sealed partial class PlanJson : JsonSerializerContext;
