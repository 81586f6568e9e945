using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>
/// Replicas for the demand that will be there when one ordered now is warm. Three steps: the slots that keep waits within
/// what the stage promises, at points from now to beyond the lead time (<see cref="Staffing"/>); the cheapest way through
/// them, starts, idling and misses paid (<see cref="LevelSchedule"/>); down only when idling has cost a share of a restart
/// (<see cref="SkiRental"/>). The share of missed minutes aimed at follows the misses there were (adaptive conformal
/// inference, Gibbs and Candès 2021). A forecast that has lost its skill is not followed: utilisation is.
/// </summary>
public sealed class AheadReplication(AheadReplicationOptions? options = null) : IReplicationPolicy
{
    private const int Points = 14;
    private const int MostLevels = 48;

    private static readonly ReactiveReplication Fallback = new();

    private readonly AheadReplicationOptions _options = options ?? new AheadReplicationOptions();

    /// <inheritdoc/>
    public string Name => "ahead";

    /// <inheritdoc/>
    public bool UsesForecast => true;

    /// <inheritdoc/>
    public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory)
    {
        var ratio = 1 - ((1 - _options.CriticalRatio(stage.Priority)) / ServedStages(snapshot.Workflows[stage.Workflow].Spec));
        var remembered = (memory as AheadMemory ?? AheadMemory.Start(snapshot.Now, stage, ratio)).Calibrated(snapshot.Now, stage, ratio, _options.CalibrationRate);
        if (demand?.Distrust is { } distrust)
        {
            var reactive = Fallback.Target(snapshot, stage, null, remembered.Reactive);
            return reactive with { Reason = reactive.Reason with { FellBack = distrust }, Memory = remembered with { Reactive = reactive.Memory } };
        }

        var plan = Plan(snapshot, stage, demand, remembered.MissShare);
        var elapsed = Math.Max(0, (snapshot.Now - remembered.At).TotalSeconds);
        // Idling is counted from the level there is: replicas that were lost or could not be placed are not idle.
        var kept = stage.ActiveReplicas == remembered.Kept.Level ? remembered.Kept : SkiRental.At(stage.ActiveReplicas);
        var wanted = plan.Wanted;
        if (stage.Queued > stage.FreeSlots) wanted = Math.Max(wanted, stage.ActiveReplicas);
        var rental = kept.Step(wanted, elapsed, _options.CooldownShare * Math.Max(stage.StartUpSeconds, 2 * snapshot.Settings.CyclePeriod.TotalSeconds));
        var target = Math.Clamp(rental.Level, stage.Spec.MinReplicas, stage.Spec.MaxReplicas);
        return new ReplicaTarget(target, ReasonOf(stage, demand, remembered, plan, rental.Level, target), remembered with
        {
            At = snapshot.Now,
            Kept = rental,
            Reactive = null,
        });
    }

    private static int ServedStages(WorkflowSpec workflow)
    {
        var served = 0;
        foreach (var stage in workflow.Stages)
            if (stage.Kind == StageKind.Worker) served++;
        return Math.Max(1, served);
    }

    private ReplicaReason ReasonOf(StageState stage, DemandCurve? demand, AheadMemory memory, in LevelPlan plan, int wanted, int target) => new()
    {
        Rule = Name,
        Level = Math.Round(1 - memory.MissShare, 5),
        DemandSlots = Math.Round(plan.Demand.Quantile(0.95), 2),
        MeanSlots = Math.Round(plan.Demand.Mean, 2),
        NeededReplicas = plan.Needed,
        DueAt = demand is null ? null : demand.From + plan.Due,
        StartUpSeconds = Math.Round(stage.StartUpSeconds, 2),
        Basis = demand?.Basis is { Length: > 0 } basis ? basis : null,
        Queued = stage.Queued,
        InFlight = stage.InFlight.Count,
        LimitedBy = ReplicaLimits.Describe(wanted, target, stage.Spec),
    };

    private LevelPlan Plan(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, double missShare)
    {
        var slotsPerReplica = stage.Spec.SlotsPerReplica;
        var startUp = Math.Max(0.1, stage.StartUpSeconds);
        var period = snapshot.Settings.CyclePeriod.TotalSeconds;
        var lead = startUp + period;
        // To a start-up beyond the lead: a replica that is needed again before it could be started anew is kept.
        var spacing = Math.Max(snapshot.Settings.FineStep.TotalSeconds, (lead + startUp) / (Points - 3));
        var leadPoints = (int)Math.Ceiling(lead / spacing);
        Span<int> required = stackalloc int[Points];
        required.Clear();
        if (demand is not null)
        {
            var terms = TermsOf(stage, missShare);
            var slots = -1;
            for (var i = 0; i < Points; i++)
                required[i] = Needed(stage, demand.At(TimeSpan.FromSeconds(i * spacing)), terms, ref slots);
            required[leadPoints] = Math.Max(required[leadPoints], WorkingOff(stage, demand, lead, terms));
        }

        var held = (stage.InFlight.Count + slotsPerReplica - 1) / slotsPerReplica;
        required[0] = Math.Max(required[0], Math.Min(held, stage.ActiveReplicas));
        if (stage.Queued > 0) required[leadPoints] = Math.Max(required[leadPoints], 1);
        var wanted = Cheapest(required, leadPoints, stage, new LevelCosts
        {
            Start = startUp / spacing,
            Miss = Math.Min(1e6, 1 / missShare),
            // A change that costs more than the horizon can save would hold a level for ever.
            Change = Math.Min(Points / 2, Math.Min(_options.ChangeSeconds, _options.ChangeStartUps * startUp) / spacing),
        });
        var due = leadPoints;
        if (wanted <= stage.ActiveReplicas)
            for (var i = 0; i < Points; i++) if (required[i] > required[due]) due = i;
        var at = TimeSpan.FromSeconds(due * spacing);
        return new LevelPlan(wanted, required[due], at, demand?.At(at) ?? default);
    }

    private static ServiceTerms TermsOf(StageState stage, double missShare)
    {
        var seconds = Math.Max(1e-3, stage.MeanExecutionSeconds);
        var measured = stage.Profile.ExecutionSeconds;
        var variation = measured.Count >= 3 ? Math.Clamp(measured.Variance / (seconds * seconds), 0, 10) : 1;
        return new ServiceTerms(seconds, variation, stage.Spec.MaxWait.TotalSeconds, missShare);
    }

    private static int Needed(StageState stage, SlotDemand demand, ServiceTerms terms, ref int slots)
    {
        slots = Staffing.Slots(demand, terms, (int)Math.Min(1 << 20, (long)stage.Spec.MaxReplicas * stage.Spec.SlotsPerReplica), slots);
        var replicas = (slots + stage.Spec.SlotsPerReplica - 1) / stage.Spec.SlotsPerReplica;
        // Where a cold start is within what a task may wait, the first replica need not be there before it.
        return replicas == 1 && demand.Mean < 0.5 && stage.StartUpSeconds < terms.MaxWaitSeconds ? 0 : replicas;
    }

    /// <summary>Replicas that serve what comes and work off what will have piled up by the time one ordered now is warm; 0 where nothing will.</summary>
    private static int WorkingOff(StageState stage, DemandCurve demand, double lead, ServiceTerms terms)
    {
        var capacity = 0.0;
        foreach (var replica in stage.Replicas)
        {
            if (replica.Phase == ReplicaPhase.Draining) continue;
            var since = replica.Phase == ReplicaPhase.Starting ? Math.Max(0, stage.StartUpSeconds - (demand.From - replica.StartedAt).TotalSeconds) : 0;
            capacity += Math.Max(0, lead - since) * stage.Spec.SlotsPerReplica;
        }

        var left = demand.WorkWithin(TimeSpan.FromSeconds(lead)) - capacity;
        // Up to ln 2 expected tasks it is more likely that none comes: staffing speaks for those, or a stage hardly used would start again and again.
        if (left <= Math.Log(2) * terms.ServiceSeconds) return 0;
        var quick = Math.Max(terms.MaxWaitSeconds, terms.ServiceSeconds);
        var within = Math.Clamp(lead / 2, quick, Math.Max(quick, 30));
        var slots = demand.At(TimeSpan.FromSeconds(lead)).Mean + (left / within);
        return (int)Math.Ceiling(Math.Min(1 << 20, slots / stage.Spec.SlotsPerReplica));
    }

    private static int Cheapest(ReadOnlySpan<int> required, int leadPoints, StageState stage, LevelCosts costs)
    {
        var current = stage.ActiveReplicas;
        var (low, high) = (current, current);
        foreach (var level in required) (low, high) = (Math.Min(low, level), Math.Max(high, level));
        high = Math.Min(high, Math.Max(current, stage.Spec.MaxReplicas));
        low = Math.Min(low, high);
        if (low == high) return low;
        var step = ((high - low) / MostLevels) + 1;
        var levels = new int[((high - low) / step) + 1];
        for (var i = 0; i < levels.Length; i++) levels[i] = high - (step * (levels.Length - 1 - i));
        var path = LevelSchedule.Cheapest(required, levels, Math.Max(current, levels[0]), leadPoints, costs).Levels;
        return path[leadPoints] > current ? path[leadPoints] : path[0];
    }

    /// <summary>What the three steps come to.</summary>
    private readonly record struct LevelPlan(int Wanted, int Needed, TimeSpan Due, SlotDemand Demand);
}

/// <summary>What planning ahead remembers of a stage.</summary>
/// <param name="At">When it last decided.</param>
/// <param name="Kept">Replicas kept and what each has cost idle.</param>
/// <param name="MissShare">Share of missed minutes it aims at to get the share it promises.</param>
/// <param name="Minute">Minute whose misses are counted.</param>
/// <param name="MissesBefore">Misses before that minute.</param>
/// <param name="Reactive">What the rule it falls back to remembers.</param>
internal sealed record AheadMemory(Instant At, SkiRental Kept, double MissShare, long Minute, long MissesBefore, ReplicationMemory? Reactive) : ReplicationMemory
{
    public static AheadMemory Start(Instant now, StageState stage, double ratio) =>
        new(now, SkiRental.At(stage.ActiveReplicas), 1 - ratio, now.Ticks / TimeSpan.TicksPerMinute, stage.WaitsMissed, null);

    /// <summary>Takes in the minutes that have passed: fewer misses than promised allow more, more allow fewer.</summary>
    public AheadMemory Calibrated(Instant now, StageState stage, double ratio, double rate)
    {
        var minute = now.Ticks / TimeSpan.TicksPerMinute;
        if (minute <= Minute) return this;
        var promised = 1 - ratio;
        var missed = stage.WaitsMissed > MissesBefore;
        // A minute in which nothing happened says nothing of the margin.
        var idle = !missed && stage.ActiveReplicas == 0;
        var log = Math.Log(MissShare) + (idle ? 0 : missed ? -rate * ((1 / promised) - 1) : rate * Math.Min(60, minute - Minute));
        return this with
        {
            MissShare = Math.Clamp(Math.Exp(log), promised / 50, Math.Min(0.5, promised * 20)),
            Minute = minute,
            MissesBefore = stage.WaitsMissed,
        };
    }
}
