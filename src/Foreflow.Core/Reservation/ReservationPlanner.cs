using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Reservation;

/// <summary>
/// Sets capacity aside for replicas that will be needed later than a start-up from now. Claims start a start-up and one
/// control period (the jitter of a decision) before the need, carry the probability that the need comes, and lapse when
/// it passes: a forecast that no longer holds is given back at the next cycle.
/// </summary>
public static class ReservationPlanner
{
    /// <summary>Claims are moved only when their start moved by more than this many control periods: less is noise.</summary>
    private const double ToleratedShiftPeriods = 2;

    /// <summary>Levels at which the confidence of a claim is looked for.</summary>
    private static readonly double[] ConfidenceLevels = [0.5, 0.8, 0.9, 0.95, 0.99];

    /// <summary>Renews the soft claims of a worker stage.</summary>
    /// <param name="target">Replicas it has or gets now.</param>
    /// <param name="demand">Its demand curve; null when none is foreseen.</param>
    /// <param name="level">Probability with which demand should be met.</param>
    public static void Renew(ClusterSnapshot snapshot, StageState stage, int target, DemandCurve? demand, double level, LedgerDraft draft)
    {
        var last = Math.Min(stage.Spec.MaxReplicas, 1 << 20);
        for (var ordinal = 1; ordinal <= last; ordinal++)
        {
            var id = ClaimNames.Forecast(stage.Index, ordinal);
            var held = draft.Ledger.TryGet(id, out var claim);
            var need = ordinal > target && demand is not null ? NeedOf(snapshot, stage, ordinal, demand, level) : null;
            if (!held && need is null && ordinal > target) break;
            if (need is not { } wanted)
            {
                if (held) draft.Release(id, ordinal <= target ? "its replica exists" : "no longer foreseen");
                continue;
            }

            if (held && Math.Abs((claim.From - Instant.Max(wanted.From, claim.From)).Ticks) <= ToleratedShiftPeriods * snapshot.Settings.CyclePeriod.Ticks
                && claim.Until >= wanted.From) continue;
            if (held) draft.Release(id, "moved");
            Reserve(snapshot, stage, id, wanted, draft);
        }
    }

    private static void Reserve(ClusterSnapshot snapshot, StageState stage, ClaimId id, Need need, LedgerDraft draft)
    {
        // On the node that has fewest of the stage among those that have room at that very time; nowhere: not reserved, and not an error.
        var offer = draft.Ledger.EarliestFit(stage.Spec.Request, need.Until - need.From, need.From, node => snapshot.Nodes[node].Alive);
        if (offer is not { } found || found.At > need.From + (need.Until - need.From) / 2) return;
        var claim = Claim.Soft(id, found.Node, stage.Spec.Request, found.At, found.At + (need.Until - need.From), need.Confidence, MissCost.Of(stage.Priority), need.Until, stage.Index);
        draft.TryReserve(claim, $"{need.Confidence:0.00} likely to be needed at {need.At}");
    }

    private readonly record struct Need(Instant At, Instant From, Instant Until, double Confidence);

    /// <summary>When the n-th replica is first and then no longer needed; null where it is not.</summary>
    private static Need? NeedOf(ClusterSnapshot snapshot, StageState stage, int ordinal, DemandCurve demand, double level)
    {
        var slots = (ordinal - 1) * stage.Spec.SlotsPerReplica;
        var first = -1;
        var last = -1;
        var normal = MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, level);
        // What is over before a replica ordered now is warm cannot be met by setting room aside for one.
        var warm = (int)Math.Clamp((snapshot.Now + TimeSpan.FromSeconds(stage.StartUpSeconds) - demand.From) / demand.Step, 0, demand.Buckets);
        for (var b = warm; b < demand.Buckets; b++)
        {
            if (demand.Bucket(b).Quantile(level, normal) > slots + 0.02)
            {
                if (first < 0) first = b;
                last = b;
            }
            else if (first >= 0)
            {
                break;
            }
        }

        if (first < 0) return null;
        var at = demand.StartOf(first);
        var from = Instant.Max(snapshot.Now, at - TimeSpan.FromSeconds(stage.StartUpSeconds) - snapshot.Settings.CyclePeriod);
        return new Need(at, from, demand.StartOf(last + 1), ConfidenceOf(demand, first, slots));
    }

    /// <summary>The probability that demand exceeds the slots there are: one less the lowest level whose quantile does.</summary>
    private static double ConfidenceOf(DemandCurve demand, int bucket, double slots)
    {
        var at = demand.Bucket(bucket);
        foreach (var level in ConfidenceLevels)
            if (at.Quantile(level) > slots + 0.02) return Math.Round(1 - level + 0.01, 2);
        return 0.01;
    }
}
