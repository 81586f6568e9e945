using System.Globalization;
using System.Text.Json;
using Foreflow.Cli.Hosting;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>Shows what is known of stages.</summary>
public static class ProfileReports
{
    private const int ChartWidth = 16;
    private const string Blocks = " ▁▂▃▄▅▆▇█";
    private static readonly double[] Quantiles = [0.5, 0.9, 0.95, 0.99];

    /// <summary>Writes profiles in a form; in a table, one row a stage, or one row a measure where a single stage is asked for.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="profiles">The profiles.</param>
    /// <param name="inDetail">True for a row a measure.</param>
    /// <param name="format">The form.</param>
    /// <param name="width">Columns of characters a table may take; as many as the terminal has when null.</param>
    public static void Print(TextWriter to, IReadOnlyList<ShelvedProfile> profiles, bool inDetail, ReportFormat format, int? width = null)
    {
        if (format == ReportFormat.Json) Output.Json(to, profiles.Select(Document));
        else if (format == ReportFormat.Csv) PrintCsv(to, profiles);
        else if (inDetail) PrintStages(to, profiles, width);
        else PrintOverview(to, profiles, width);
    }

    /// <summary>A small chart of a distribution: where its weight lies, from the smallest value seen to the largest, on a logarithmic scale.</summary>
    public static string Chart(HistogramDistribution distribution, int width = ChartWidth)
    {
        if (distribution.IsEmpty) return "";
        var (low, high) = (Math.Max(distribution.Minimum, DecayingHistogram.Smallest), Math.Max(distribution.Maximum, DecayingHistogram.Smallest));
        if (high / low < 1.01) return new string(Blocks[^1], 1);
        var shares = new double[width];
        var below = 0.0;
        for (var i = 0; i < width; i++)
        {
            var upTo = distribution.Cdf(low * Math.Pow(high / low, (i + 1.0) / width));
            (shares[i], below) = (upTo - below, upTo);
        }

        var tallest = shares.Max();
        return string.Concat(shares.Select(s => Blocks[s <= 0 ? 0 : 1 + (int)Math.Round(s / tallest * (Blocks.Length - 2))]));
    }

    private static void PrintOverview(TextWriter to, IReadOnlyList<ShelvedProfile> profiles, int? width)
    {
        var classes = profiles.Any(p => p.NodeClass != ProfileShelf.DefaultNodeClass);
        var table = new FittingTable()
            .Column("stage", int.MaxValue).Column("node class", classes ? 9 : 0).Column("attempts", 6).Column("failed", 4).Column("time p50", 8).Column("p95", 5)
            .Column("spread", 3).Column("CPU", 7).Column("memory p95", 7).Column("network", 1).Column("disk", 2);
        foreach (var (stage, nodeClass, profile) in profiles)
        {
            var seconds = profile.ExecutionSeconds;
            var failed = profile.Attempts - profile.Outcome(AttemptCause.Succeeded).Count - profile.Outcome(AttemptCause.Superseded).Count;
            table.Row(
                stage.ToString(), nodeClass, Number(profile.Attempts), Number(failed),
                Text(seconds.Quantile(0.5), "s"), Text(seconds.Quantile(0.95), "s"), Chart(seconds.ToDistribution(), 12), Text(profile.CpuCores.Mean, ""),
                Text(profile.MemoryPeakBytes.Quantile(0.95), "B"), Text(profile[Measure.NetworkBytesPerSecond].Mean, "B/s"), Text(profile[Measure.DiskBytesPerSecond].Mean, "B/s"));
        }

        table.Write(to, width);
    }

    private static void PrintStages(TextWriter to, IReadOnlyList<ShelvedProfile> profiles, int? width)
    {
        foreach (var (stage, nodeClass, profile) in profiles)
        {
            to.WriteLine($"{stage} on {(nodeClass == ProfileBook.AnyNode ? "all nodes" : nodeClass)}: {profile.Attempts} attempts, last {profile.LastUpdate}, half-life {profile.HalfLife.TotalHours.ToString("0.#", CultureInfo.InvariantCulture)} h");
            var table = new FittingTable()
                .Column("measure", int.MaxValue).Column("count", 4).Column("mean", 8).Column("±", 2).Column("p50", 7).Column("p95", 9).Column("p99", 3).Column("peak", 5)
                .Column("spread", 6).Column("grows with input", 1);
            foreach (var (measure, unit, statistics) in Known(profile))
            {
                table.Row(
                    Name(measure), Number(statistics.Count), Text(statistics.Mean, unit), Text(Math.Sqrt(statistics.Variance), unit), Text(statistics.Quantile(0.5), unit),
                    Text(statistics.Quantile(0.95), unit), Text(statistics.Quantile(0.99), unit), Text(statistics.Peak, unit), Chart(statistics.ToDistribution()), Growth(statistics.SizeDependence));
            }

            table.Write(to, width);
            PrintFacts(to, profile);
        }
    }

    private static void PrintFacts(TextWriter to, StageProfile profile)
    {
        foreach (var cause in Causes(profile))
        {
            var outcome = profile.Outcome(cause);
            to.WriteLine($"  {Name(cause)}: {Number(outcome.Count)}, after {Text(outcome.WallSeconds.Mean, "s")} on average");
        }

        if (profile.BranchProbability < 1) to.WriteLine($"  taken in {profile.BranchProbability.ToString("0 %", CultureInfo.InvariantCulture)} of runs");
        foreach (var (needed, waits) in profile.Dependencies)
            to.WriteLine($"  waits for {needed} last in {Number(waits.Count)} runs, {Text(waits.AloneSeconds.Mean, "s")} for it alone on average");
        if (!profile.Largest.IsZero) to.WriteLine($"  largest ever seen: {Largest(profile.Largest)}");
        if (profile.MemorySizing.Seen > 0) to.WriteLine($"  memory: margin learnt from misses {profile.MemorySizing.Margin.ToString("0.0 %", CultureInfo.InvariantCulture)}");
    }

    /// <summary>What is known of a vector: a component of 0 is not.</summary>
    private static string Largest(in Resources largest)
    {
        var parts = new List<string>();
        if (largest.CpuMillicores > 0) parts.Add($"{Report.Digits(largest.CpuCores)} cores");
        if (largest.MemoryBytes > 0) parts.Add($"memory {Report.Bytes(largest.MemoryBytes)}");
        if (largest.NetworkBytesPerSecond > 0) parts.Add($"network {Report.Scaled(largest.NetworkBytesPerSecond, "B/s")}");
        if (largest.DiskBytesPerSecond > 0) parts.Add($"disk {Report.Scaled(largest.DiskBytesPerSecond, "B/s")}");
        return string.Join(", ", parts);
    }

    private static void PrintCsv(TextWriter to, IReadOnlyList<ShelvedProfile> profiles)
    {
        to.WriteLine("workflow,stage,node_class,measure,unit,count,mean,deviation,p50,p90,p95,p99,peak,input_exponent");
        foreach (var (stage, nodeClass, profile) in profiles)
        {
            foreach (var (measure, unit, statistics) in Known(profile))
            {
                IEnumerable<object?> cells =
                [
                    stage.Workflow, stage.Name, nodeClass, Key(measure), unit, statistics.Count, statistics.Mean, Math.Sqrt(statistics.Variance),
                    .. Quantiles.Select(q => (object?)statistics.Quantile(q)), statistics.Peak, statistics.SizeDependence.IsUseful ? statistics.SizeDependence.Exponent : null,
                ];
                to.WriteLine(Report.CsvLine(cells));
            }
        }
    }

    private static object Document(ShelvedProfile shelved)
    {
        var profile = shelved.Profile;
        return new
        {
            workflow = shelved.Stage.Workflow,
            stage = shelved.Stage.Name,
            nodeClass = shelved.NodeClass,
            attempts = profile.Attempts,
            lastUpdate = profile.LastUpdate,
            halfLifeHours = profile.HalfLife.TotalHours,
            branchProbability = profile.BranchProbability,
            waitsFor = profile.Dependencies.ToDictionary(d => d.Key, d => new { count = d.Value.Count, meanSecondsAlone = d.Value.AloneSeconds.Mean }),
            largest = new
            {
                cpuMillicores = Known(profile.Largest.CpuMillicores),
                memoryBytes = Known(profile.Largest.MemoryBytes),
                networkBytesPerSecond = Known(profile.Largest.NetworkBytesPerSecond),
                diskBytesPerSecond = Known(profile.Largest.DiskBytesPerSecond),
            },
            outcomes = Causes(profile).ToDictionary(Key, c => new { count = profile.Outcome(c).Count, meanSeconds = profile.Outcome(c).WallSeconds.Mean }),
            measures = Known(profile).ToDictionary(k => Key(k.Measure), k => new
            {
                unit = k.Unit,
                count = k.Statistics.Count,
                mean = k.Statistics.Mean,
                variance = k.Statistics.Variance,
                quantiles = Quantiles.ToDictionary(q => q.ToString(CultureInfo.InvariantCulture), k.Statistics.Quantile),
                peak = k.Statistics.Peak,
                inputExponent = k.Statistics.SizeDependence.IsUseful ? k.Statistics.SizeDependence.Exponent : (double?)null,
            }),
            memorySizing = profile.MemorySizing.Seen == 0 ? null : new { seen = profile.MemorySizing.Seen, largestBytes = profile.MemorySizing.LargestBytes, margin = profile.MemorySizing.Margin },
        };
    }

    private static IEnumerable<(Measure Measure, string Unit, MeasureStatistics Statistics)> Known(StageProfile profile) =>
        Enum.GetValues<Measure>().Select(m => (m, UnitOf(m), profile[m])).Where(k => !k.Item3.IsEmpty);

    private static IEnumerable<AttemptCause> Causes(StageProfile profile) => Enum.GetValues<AttemptCause>().Where(c => profile.Outcome(c).Count > 0);

    /// <summary>The unit at the end of a measure's name.</summary>
    private static string UnitOf(Measure measure) => measure.ToString() switch
    {
        var name when name.EndsWith("BytesPerSecond", StringComparison.Ordinal) => "B/s",
        var name when name.EndsWith("Bytes", StringComparison.Ordinal) => "B",
        var name when name.EndsWith("Seconds", StringComparison.Ordinal) => "s",
        _ => "",
    };

    private static string Key<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static string Name<T>(T value) where T : struct, Enum => string.Concat(value.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? " " + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));

    private static string Growth(SizeDependence dependence) =>
        dependence.IsUseful ? string.Create(CultureInfo.InvariantCulture, $"^{dependence.Exponent:0.00}, error {dependence.RelativeError:0 %}") : "";

    private static long? Known(long value) => value > 0 ? value : null;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(double value, string unit) => double.IsNaN(value) ? "-" : unit.StartsWith('B') ? Report.Scaled(value, unit)
        : $"{Report.Digits(value)} {unit}".TrimEnd();
}
