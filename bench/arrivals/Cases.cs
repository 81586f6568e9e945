using Foreflow.Core.Model;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Bench.Arrivals;

/// <summary>A series of arrivals, the workflow that it feeds, and the part of it that is measured.</summary>
/// <param name="Name">Name of the case.</param>
/// <param name="File">File below the data folder.</param>
/// <param name="Column">Its column.</param>
/// <param name="Step">What a row stands for.</param>
/// <param name="RunsPerHour">Mean arrivals an hour that the series is scaled to.</param>
/// <param name="EndDays">The series is cut here, in days from its start; the last days before are measured.</param>
/// <param name="HistoryDays">Days that policies are told of before.</param>
/// <param name="MeasuredDays">Days that are measured.</param>
/// <param name="Workflow">Stages, as in a scenario file.</param>
/// <param name="IsShuffled">True to put the rows in random order: nothing is left to foresee.</param>
internal sealed record Case(
    string Name, string File, string Column, TimeSpan Step, double RunsPerHour, double EndDays, double HistoryDays, double MeasuredDays, string Workflow, bool IsShuffled = false)
{
    private const string Pipeline = """
              decode: { time: { distribution: lognormal, mean: 40s, cv: 0.5 }, startUp: { distribution: lognormal, mean: 180s, cv: 0.2 }, maxWait: 20s, replicas: { min: 0, max: 64 } }
              score: { needs: [decode], time: { distribution: lognormal, mean: 25s, cv: 0.8 }, startUp: 240s, maxWait: 20s, replicas: { min: 0, max: 64 } }
              store: { needs: [score], time: { distribution: exponential, mean: 15s }, startUp: 60s, maxWait: 20s, replicas: { min: 0, max: 64 } }
        """;

    private const string Diamond = """
              split: { time: { distribution: lognormal, mean: 20s, cv: 0.4 }, startUp: 120s, maxWait: 30s, replicas: { min: 0, max: 64 } }
              left: { needs: [split], time: { distribution: lognormal, mean: 60s, cv: 0.6 }, startUp: 300s, maxWait: 30s, replicas: { min: 0, max: 64 } }
              right: { needs: [split], fanOut: { distribution: uniform, min: 1, max: 3 }, time: { distribution: lognormal, mean: 30s, cv: 0.6 }, startUp: 180s, maxWait: 30s, replicas: { min: 0, max: 64 } }
              merge: { needs: [left, right], time: { distribution: exponential, mean: 20s }, startUp: 90s, maxWait: 30s, replicas: { min: 0, max: 64 } }
        """;

    private const string Long = """
              fetch: { time: { distribution: lognormal, mean: 30s, cv: 0.5 }, startUp: 60s, maxWait: 30s, replicas: { min: 0, max: 64 } }
              clean: { needs: [fetch], time: { distribution: lognormal, mean: 45s, cv: 0.5 }, startUp: 180s, maxWait: 30s, replicas: { min: 0, max: 64 } }
              train: { needs: [clean], time: { distribution: lognormal, mean: 90s, cv: 0.7 }, startUp: 600s, maxWait: 60s, replicas: { min: 0, max: 64 } }
              check: { needs: [train], probability: 0.7, time: { distribution: exponential, mean: 30s }, startUp: 120s, maxWait: 30s, replicas: { min: 0, max: 64 } }
              publish: { needs: [check], time: { distribution: exponential, mean: 10s }, startUp: 60s, maxWait: 30s, replicas: { min: 0, max: 64 } }
        """;

    /// <summary>Real arrivals with seasons.</summary>
    public static readonly Case[] Seasonal =
    [
        new("nasa", "arrivals/nasa_http_1995_per_minute.csv.gz", "requests", TimeSpan.FromMinutes(1), 900, 27, 23, 3, Pipeline),
        new("app-server", "arrivals/appserver_hourly.csv.gz", "requests", TimeSpan.FromHours(1), 700, 1300, 56, 4, Long),
        new("bank-calls", "arrivals/bank_calls_5min.csv.gz", "calls", TimeSpan.FromMinutes(5), 900, 60, 48, 4, Diamond),
        new("azure-vm", "arrivals/azure_vm_arrivals_5min.csv.gz", "vms", TimeSpan.FromMinutes(5), 700, 24, 19, 3, Pipeline),
    ];

    /// <summary>Arrivals that nobody can foresee: without a season, and seasonal ones in random order.</summary>
    public static readonly Case[] Unpredictable =
    [
        new("elb-requests", "series/nab/elb_request_count_8c0756.csv.gz", "value", TimeSpan.FromMinutes(5), 700, 14, 10, 3, Pipeline),
        new("network-in", "series/nab/ec2_network_in_257a54.csv.gz", "value", TimeSpan.FromMinutes(5), 700, 14, 10, 3, Diamond),
        new("nasa, shuffled", "arrivals/nasa_http_1995_per_minute.csv.gz", "requests", TimeSpan.FromMinutes(1), 900, 27, 23, 3, Pipeline, IsShuffled: true),
        new("azure, shuffled", "arrivals/azure_vm_arrivals_5min.csv.gz", "vms", TimeSpan.FromMinutes(5), 700, 24, 19, 3, Diamond, IsShuffled: true),
    ];

    /// <summary>The scenario.</summary>
    public Scenario ToScenario(string data)
    {
        var values = Clock.Read(Path.Combine(data, File), Column, Step);
        var end = (int)Math.Min(values.Length, EndDays * TimeSpan.TicksPerDay / Step.Ticks);
        var historyDays = Math.Min(HistoryDays, Math.Floor(end * Step.TotalDays) - 1 - MeasuredDays);
        var begin = (int)Math.Max(0, end - ((historyDays + 1 + MeasuredDays) * TimeSpan.TicksPerDay / Step.Ticks));
        values = values[begin..end];
        if (IsShuffled) new Random(1).Shuffle(values);
        var mean = values.Average();
        var scale = RunsPerHour * Step.TotalHours / mean;
        var text = $$"""
            name: {{Name}}
            history: {{(historyDays * 24):0}}h
            warmUp: 24h
            duration: {{(MeasuredDays * 24):0}}h
            nodes: [ { count: 64, cpu: 8, memory: 32Gi } ]
            workflows:
              - name: service
                arrivals: { once: 1 }
                stages:
            {{Workflow.Replace("\n", "\n    ", StringComparison.Ordinal).Insert(0, "    ")}}
            settings: { cyclePeriod: 30s, fineStep: 30s, fineHorizon: 30m, coarseStep: {{Math.Max(5, Step.TotalMinutes):0}}m }
            """;
        var scenario = ScenarioReader.Read(text, Name + ".yaml", null);
        return scenario with { Workflows = [scenario.Workflows[0] with { Arrivals = new CountedArrivals(values, Step, scale, scenario.Start) }] };
    }
}
