using System.Globalization;
using Foreflow.Core;
using Foreflow.Core.Replication;
using Foreflow.Core.Scheduling;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Policies;

/// <summary>
/// Policies by the names of the command line. What decides live is in Core; here are those that need to know the
/// scenario beforehand: fixed levels, and the clairvoyant.
/// </summary>
public static class NamedPolicies
{
    /// <summary>The names, as they are shown.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["static-peak", "static-mean", "fixed", "reactive", "reactive:TARGET", "waiting", "pause-resume", "threshold-ahead", "first-come", "ahead", "oracle"];

    /// <summary>True when the simulator knows a policy of this name.</summary>
    public static bool IsKnown(string name) => name is "oracle" or "static-peak" or "static-mean" || Of(name) is not null;

    /// <summary>Simulates a scenario under a named policy.</summary>
    /// <param name="tap">Told every event and plan; the clairvoyant makes no plans.</param>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public static SimulationResult Simulate(
        Scenario scenario, string policy, ulong seed, Action<double>? progress = null, bool withTimeline = false, SimulationTap? tap = null,
        CancellationToken cancel = default)
    {
        switch (policy)
        {
            case "oracle":
                return Clairvoyant.Run(scenario, seed, progress, cancel).Result;
            case "static-peak" or "static-mean":
                var levels = Clairvoyant.Run(scenario, seed, null, cancel).Levels;
                var set = new PolicySet { Replication = new StaticReplication(policy, policy == "static-peak" ? levels.Peak : levels.Mean) };
                return Simulation.Run(scenario, set, seed, progress, withTimeline, tap, cancel) with { Policy = policy };
            default:
                var named = Of(policy) ?? throw new ArgumentException($"no policy '{policy}'", nameof(policy));
                return Simulation.Run(scenario, named, seed, progress, withTimeline, tap, cancel) with { Policy = policy };
        }
    }

    private static PolicySet? Of(string name)
    {
        if (PolicySet.Named(name) is { } named) return named;
        if (name == "first-come") return PolicySet.Ahead with { Order = TaskOrder.FirstCome };
        if (name == "fixed") return new PolicySet { Replication = StaticReplication.AtLeast(name) };
        if (!name.StartsWith("reactive:", StringComparison.Ordinal)) return null;
        return double.TryParse(name.AsSpan("reactive:".Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var target) && target is > 0 and <= 1
            ? new PolicySet { Replication = new ReactiveReplication(new HorizontalAutoscalerOptions { TargetUtilisation = target }) }
            : null;
    }
}
