using System.Collections.Immutable;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Reports;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator;

/// <summary>What one simulation gave.</summary>
/// <param name="Policy">Name of the policy.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Metrics">Figures in a fixed order; docs/simulation.md defines each.</param>
/// <param name="Stages">The same of each stage, where stages differ.</param>
/// <param name="Events">Entries of the event queue that were carried out.</param>
/// <param name="JournalEvents">Events that were folded into the pool.</param>
/// <param name="Elapsed">Time the simulation took.</param>
/// <param name="Timeline">What a report draws; null where it was not asked for.</param>
public sealed record SimulationResult(
    string Policy,
    ulong Seed,
    ImmutableArray<KeyValuePair<string, double>> Metrics,
    ImmutableArray<StageResult> Stages,
    long Events,
    long JournalEvents,
    TimeSpan Elapsed,
    Timeline? Timeline)
{
    /// <summary>A figure by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public double this[string metric]
    {
        get
        {
            foreach (var (name, value) in Metrics)
                if (name == metric) return value;
            throw new KeyNotFoundException($"no metric '{metric}'");
        }
    }

    internal static SimulationResult Of(
        string policy, ulong seed, Measurement measured, CostModel cost, long events, long journalEvents, TimeSpan elapsed, Timeline? timeline) => new(
        policy, seed, Measures.Metrics.Of(measured, cost),
        [.. measured.Stages.Select(s => new StageResult(s.Name, Measures.Metrics.OfStage(s, measured.Seconds)))],
        events, journalEvents, elapsed, timeline);
}

/// <summary>Figures of one stage.</summary>
/// <param name="Name"><c>workflow/stage</c>.</param>
/// <param name="Metrics">Figures in a fixed order.</param>
public sealed record StageResult(string Name, ImmutableArray<KeyValuePair<string, double>> Metrics)
{
    /// <summary>A figure by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public double this[string metric]
    {
        get
        {
            foreach (var (name, value) in Metrics)
                if (name == metric) return value;
            throw new KeyNotFoundException($"no metric '{metric}'");
        }
    }
}
