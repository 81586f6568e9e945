using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;

namespace Foreflow.Core;

/// <summary>Says decisions in words, with the numbers they rest on.</summary>
public static class Explanations
{
    /// <summary>A change in replicas, as in <c>w/count: 0 -> 2 replicas, 2 ahead of need: q95 = 1.73 slots at 14:04:10, start-up 2.1 s, …</c></summary>
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
        if (reason is { DemandSlots: { } slots, Level: { } level })
            parts.Add(reason.DueAt is { } due ? Invariant($"q{level * 100:0.#} = {slots:0.##} slots at {TimeOf(due)}") : Invariant($"q{level * 100:0.#} = {slots:0.##} slots"));
        if (reason.StartUpSeconds is { } startUp) parts.Add(Invariant($"start-up {startUp:0.##} s"));
        if (reason.Utilisation is { } utilisation) parts.Add(Invariant($"utilisation {utilisation:0.##}"));
        parts.Add(Invariant($"{reason.Queued} waiting, {reason.InFlight} running"));
        if (reason.LimitedBy is { } limit) parts.Add($"limited by {limit}");
        parts.Add($"rule {reason.Rule}");
        return string.Join(", ", parts);
    }

    private static string TimeOf(Instant at) => at.ToDateTimeOffset().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
