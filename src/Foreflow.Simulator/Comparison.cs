using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Reports;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator;

/// <summary>Figures of one policy over all seeds.</summary>
/// <param name="Name">The policy.</param>
/// <param name="Metrics">Figures in a fixed order, each a mean with its 95 % interval.</param>
/// <param name="Stages">The same for each stage.</param>
/// <param name="Timeline">How the first seed went; null where it was not asked for.</param>
public sealed record PolicyResult(
    string Name,
    ImmutableArray<KeyValuePair<string, Estimate>> Metrics,
    ImmutableArray<(string Name, ImmutableArray<KeyValuePair<string, Estimate>> Metrics)> Stages,
    Timeline? Timeline)
{
    /// <summary>A figure by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public Estimate this[string metric]
    {
        get
        {
            foreach (var (name, value) in Metrics)
                if (name == metric) return value;
            throw new KeyNotFoundException($"no metric '{metric}'");
        }
    }
}

/// <summary>A scenario under several policies: the same seeds, and with them the same arrivals and run times, for each.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Seeds">Seeds, the scenario's first.</param>
/// <param name="Policies">Results in the order asked for.</param>
/// <param name="Events">Entries of the event queue carried out in all.</param>
/// <param name="EventsPerSecond">The same a second of simulation.</param>
/// <param name="JournalEventsPerSecond">Events folded into pools a second of simulation.</param>
public sealed record Comparison(
    Scenario Scenario, ImmutableArray<ulong> Seeds, ImmutableArray<PolicyResult> Policies, long Events, double EventsPerSecond, double JournalEventsPerSecond)
{
    /// <summary>Simulates.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="policies">Names of policies, see <see cref="NamedPolicies"/>.</param>
    /// <param name="seeds">How many seeds; at least 1.</param>
    /// <param name="progress">Told what is simulated and how far it is, 0 to 1 for each.</param>
    /// <param name="withTimelines">True to keep what a report draws of the first seed.</param>
    /// <param name="tap">Told every event and plan of the first seed, one policy after the other.</param>
    /// <exception cref="SimulationException">A plan does not pass the checker.</exception>
    public static Comparison Run(
        Scenario scenario, IReadOnlyList<string> policies, int seeds, Action<string, double>? progress = null, bool withTimelines = false,
        SimulationTap? tap = null, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds, 1);
        ImmutableArray<ulong> all = [.. Enumerable.Range(0, seeds).Select(i => i == 0 ? scenario.Seed : Draw.Mix(scenario.Seed, (ulong)i) & 0xFFFF_FFFF)];
        var simulated = new List<(string Policy, List<SimulationResult> Runs)>();
        var (events, journal, elapsed) = (0L, 0L, 0.0);
        foreach (var policy in policies)
        {
            var runs = new List<SimulationResult>();
            for (var i = 0; i < seeds; i++)
            {
                var what = $"{policy}, seed {i + 1} of {seeds}";
                var run = NamedPolicies.Simulate(scenario, policy, all[i], progress is null ? null : share => progress(what, share), withTimelines && i == 0, i == 0 ? tap : null, cancel);
                progress?.Invoke(what, 1);
                (events, journal, elapsed) = (events + run.Events, journal + run.JournalEvents, elapsed + run.Elapsed.TotalSeconds);
                runs.Add(run);
            }

            simulated.Add((policy, runs));
        }

        var oracle = simulated.Find(s => s.Policy == "oracle").Runs;
        return new Comparison(scenario, all, [.. simulated.Select(s => ResultOf(s.Policy, s.Runs, oracle))], events, events / Math.Max(elapsed, 1e-9), journal / Math.Max(elapsed, 1e-9));
    }

    private static PolicyResult ResultOf(string policy, List<SimulationResult> runs, List<SimulationResult>? oracle)
    {
        var metrics = Sum([.. runs.Select(r => r.Metrics)]);
        // Seed by seed: both met the same arrivals and run times.
        if (oracle is not null && oracle.TrueForAll(o => o["replicaHours"] > 0))
            metrics = metrics.Add(KeyValuePair.Create("replicaHoursOverOracle", Estimate.Of([.. runs.Zip(oracle, (run, least) => run["replicaHours"] / least["replicaHours"])])));
        return new PolicyResult(policy, metrics, [.. runs[0].Stages.Select((s, i) => (s.Name, Sum([.. runs.Select(r => r.Stages[i].Metrics)])))], runs[0].Timeline);
    }

    private static ImmutableArray<KeyValuePair<string, Estimate>> Sum(ImmutableArray<KeyValuePair<string, double>>[] runs) =>
        [.. runs[0].Select((metric, m) => KeyValuePair.Create(metric.Key, Estimate.Of([.. runs.Select(r => r[m].Value)], Measures.Metrics.MostOf(metric.Key))))];
}
