using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;

namespace Foreflow.Core;

/// <summary>Says decisions in words, with the numbers they rest on.</summary>
public static class Explanations
{
    /// <summary>A change in replicas, as in <c>w/count: 0 -> 2 replicas, 2 ahead of need: q95 = 1.73 slots at 14:04:10, mean 0.9, start-up 2.1 s, tau 0.995 -> 2 needed, …</c></summary>
    public static string Of(ReplicaDecision decision)
    {
        var ahead = decision.Starts.Count(s => s.Ahead);
        var how = decision.Drains.Length > 0 ? $", {decision.Drains.Length} drained" : ahead > 0 ? $", {ahead} ahead of need" : ", for tasks that wait";
        return Invariant($"{decision.StageName}: {decision.Before} -> {decision.Target} replicas{how}: {Of(decision.Reason)}");
    }

    /// <summary>The numbers of a target.</summary>
    public static string Of(ReplicaReason reason)
    {
        var parts = new List<string>();
        var due = reason.DueAt is { } at ? $" at {TimeOf(at)}" : "";
        if (reason.FellBack is { } why) parts.Add($"the forecast is not followed: {why}");
        if (reason.DemandSlots is { } slots) parts.Add(Invariant($"q95 = {slots:0.##} slots{due}, mean {reason.MeanSlots ?? 0:0.##}"));
        else if (reason.MeanSlots is { } mean) parts.Add(Invariant($"{mean:0.##} slots predicted{due}"));
        if (reason.StartUpSeconds is { } startUp) parts.Add(Invariant($"start-up {startUp:0.##} s"));
        if (reason.Contention is { } contention) parts.Add(Invariant($"{contention:0.##} of the contention threshold"));
        if (reason is { Level: { } level, NeededReplicas: { } needed }) parts.Add(Invariant($"tau {level:0.####} -> {needed} needed"));
        if (reason.Basis is { } basis) parts.Add($"arrivals by {basis}");
        if (reason.Utilisation is { } utilisation) parts.Add(Invariant($"utilisation {utilisation:0.##}"));
        parts.Add(Invariant($"{reason.Queued} waiting, {reason.InFlight} running"));
        if (reason.LimitedBy is { } limit) parts.Add($"limited by {limit}");
        parts.Add($"rule {reason.Rule}");
        return string.Join(", ", parts);
    }

    private static string TimeOf(Instant at) => at.ToDateTimeOffset().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
