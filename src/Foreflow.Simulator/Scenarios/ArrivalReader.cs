using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Traces;
using Foreflow.Traces.Series;

namespace Foreflow.Simulator.Scenarios;

/// <summary>Reads when runs arrive: a process, counts of a file, stamps of a file, or a number at once.</summary>
internal static class ArrivalReader
{
    private static readonly ImmutableArray<string> Keys = ["process", "ratePerSecond", "gap", "seasons", "counts", "step", "column", "scale", "skip", "stamps", "once"];
    private static readonly Dictionary<string, ImmutableArray<string>> KeysOf = new(StringComparer.Ordinal)
    {
        ["poisson"] = ["process", "ratePerSecond"], ["deterministic"] = ["process", "ratePerSecond"], ["renewal"] = ["process", "gap"],
        ["seasonal"] = ["process", "ratePerSecond", "seasons"], ["counts"] = ["counts", "step", "column", "scale", "skip"],
        ["stamps"] = ["stamps", "column"], ["once"] = ["once"],
    };

    /// <summary>More arrivals than this in one step are a slip of the pen.</summary>
    private const double MostInStep = 10_000_000;

    private static readonly ImmutableArray<string> Processes = ["poisson", "deterministic", "renewal", "seasonal"];
    private static readonly ImmutableArray<string> SeasonKeys = ["period", "amplitude", "phase"];

    public static ArrivalProcess? Read(ReadContext context, FieldReader workflow, string folder, TimeFrame frame)
    {
        if (workflow.Mapping("arrivals", "when runs arrive: { process: poisson, ratePerSecond: 0.5 }") is not { } mapping)
        {
            if (!workflow.Has("arrivals")) workflow.Report(workflow.Path, "missing-key", "arrivals is missing: { process: poisson, ratePerSecond: 0.5 }, { counts: FILE.csv, step: 5m }, { stamps: FILE.csv } or { once: 1 }");
            return null;
        }

        var fields = new FieldReader(context, mapping, workflow.At("arrivals"), "arrivals", Keys);
        var forms = new[] { "process", "counts", "stamps", "once" }.Where(fields.Has).ToArray();
        if (forms.Length != 1)
        {
            fields.Report(fields.Path, "bad-value", forms.Length == 0 ? "arrivals have one of process, counts, stamps or once" : $"arrivals have one of process, counts, stamps or once, not {string.Join(" and ", forms)}");
            return null;
        }

        var form = forms[0] == "process" && fields.Node("process") is YamlScalar { Value: var process } ? process : forms[0];
        if (KeysOf.TryGetValue(form, out var own))
        {
            foreach (var key in Keys.Where(k => fields.Has(k) && !own.Contains(k)))
                fields.Report(fields.At(key), "bad-value", $"'{key}' has no part in {(form == "once" ? "arrivals at once" : $"arrivals by {form}")}: they have {string.Join(", ", own)}");
        }

        return forms[0] switch
        {
            "process" => Process(context, fields, frame),
            "counts" => Counts(fields, folder, frame),
            "stamps" => Stamps(fields, folder, frame),
            _ => Once(fields, frame),
        };
    }

    private static ArrivalProcess? Process(ReadContext context, FieldReader fields, TimeFrame frame)
    {
        var name = fields.Text("process", string.Join(", ", Processes));
        if (name is null) return null;
        if (!Processes.Contains(name))
        {
            fields.Report(fields.At("process"), "bad-value", $"'{name}' is not a process{(Suggestion.Nearest(name, Processes) is { } near ? $", did you mean '{near}'?" : $": {string.Join(", ", Processes)}")}");
            return null;
        }

        if (name == "renewal")
        {
            if (!fields.Has("gap")) fields.Report(fields.Path, "missing-key", "renewal needs gap: the distribution of the time between arrivals");
            return DistributionReader.Read(context, fields, "gap") is { } gap && Above(fields, "gap", gap.MeanSeconds) ? new RenewalArrivals(gap) : null;
        }

        if (!fields.Has("ratePerSecond")) fields.Report(fields.Path, "missing-key", $"{name} needs ratePerSecond: mean arrivals a second");
        if (fields.Number("ratePerSecond") is not { } rate || !Above(fields, "ratePerSecond", rate)) return null;
        return name switch
        {
            "poisson" => new RenewalArrivals(new ExponentialTime(1 / rate)),
            "deterministic" => new RenewalArrivals(new FixedTime(1 / rate)),
            _ => Seasons(fields) is { } waves ? new SeasonalArrivals(rate, waves, frame.Start) : null,
        };
    }

    private static SeasonalWave[]? Seasons(FieldReader fields)
    {
        if (fields.Node("seasons") is not YamlSequence { Items.Length: > 0 } list)
        {
            fields.Report(fields.At("seasons"), "missing-key", "seasonal needs seasons: - { period: 24h, amplitude: 0.5 }");
            return null;
        }

        var waves = new List<SeasonalWave>();
        for (var i = 0; i < list.Items.Length; i++)
        {
            var path = $"{fields.At("seasons")}[{i}]";
            if (list.Items[i] is not YamlMapping mapping)
            {
                fields.Misfit(path, list.Items[i], "a season: { period: 24h, amplitude: 0.5 }");
                return null;
            }

            var own = fields.Inside(mapping, path, "a season", SeasonKeys);
            if (own.Duration("period") is { Ticks: > 0 } period) waves.Add(new SeasonalWave(period.TotalSeconds, ClusterReader.Share(own, "amplitude") ?? 0.5, (own.Duration("phase") ?? TimeSpan.Zero).TotalSeconds));
            else own.Report(path, "missing-key", "a season needs a period, like 24h");
        }

        return [.. waves];
    }

    private static CountedArrivals? Counts(FieldReader fields, string folder, TimeFrame frame)
    {
        if (fields.Text("counts", "a CSV file") is not { } file) return null;
        if (!fields.Has("step")) fields.Report(fields.Path, "missing-key", "counts need step: how long a row stands for, like 5m");
        if (fields.Duration("step") is not { } step || !Above(fields, "step", step.Ticks)) return null;
        var scale = fields.Number("scale") ?? 1;
        if (!Above(fields, "scale", scale)) return null;
        var skip = fields.Integer("skip") ?? 0;
        try
        {
            var series = SeriesFile.Read(Path.Combine(folder, file), fields.Written("column", "a column"));
            var bad = Array.FindIndex(series.Values, v => v < 0);
            if (bad >= 0)
            {
                fields.Report(fields.At("counts"), "bad-file", string.Create(CultureInfo.InvariantCulture, $"'{file}': value {bad + 1} of column {series.Name} is {series.Values[bad]}: no count is below 0"));
                return null;
            }

            var large = Array.FindIndex(series.Values, v => v * scale > MostInStep);
            if (large >= 0)
            {
                fields.Report(fields.At("counts"), "bad-file", string.Create(CultureInfo.InvariantCulture, $"'{file}': value {large + 1} of column {series.Name} stands for {series.Values[large] * scale:G4} arrivals, more than {MostInStep:0} in one step: scale makes fewer of them"));
                return null;
            }

            if (skip < 0 || skip >= series.Values.Length)
            {
                fields.Report(fields.At("skip"), "bad-value", $"skip: from 0 to {series.Values.Length - 1}, the file has {series.Values.Length} values");
                return null;
            }

            return new CountedArrivals(series.Values[skip..], step, scale, frame.Start);
        }
        catch (TraceFileException e)
        {
            fields.Report(fields.At("counts"), "bad-file", e.Message);
            return null;
        }
    }

    private static TracedArrivals? Stamps(FieldReader fields, string folder, TimeFrame frame)
    {
        if (fields.Text("stamps", "a CSV file of seconds since the start, or of dates") is not { } file) return null;
        try
        {
            var stamps = StampsFile.Read(Path.Combine(folder, file), fields.Written("column", "a column"));
            Instant[] times = [.. stamps.Seconds.Select(s => stamps.AreDates ? Instant.FromUnixSeconds(s) : frame.Start + TimeSpan.FromSeconds(s))];
            if (times[0] >= frame.Start && times[0] < frame.End) return new TracedArrivals(times);
            fields.Report(fields.At("stamps"), "bad-file", times[0] < frame.Start
                ? $"'{file}': the first arrival is at {times[0]}, and so before the scenario's start {frame.Start}: write start: {times[0]}"
                : $"'{file}': the first arrival is at {times[0]}, and so after the scenario's end {frame.End}: write {(stamps.AreDates ? $"start: {times[0]}" : "a longer duration")}");
            return null;
        }
        catch (TraceFileException e)
        {
            fields.Report(fields.At("stamps"), "bad-file", e.Message);
            return null;
        }
    }

    private static TracedArrivals? Once(FieldReader fields, TimeFrame frame)
    {
        if (fields.Integer("once", "a number of runs") is not { } runs) return null;
        if (runs is >= 1 and <= 10_000_000) return new TracedArrivals([.. Enumerable.Repeat(frame.Measured, runs)]);
        fields.Report(fields.At("once"), "bad-value", "once: from 1 to 10000000 runs");
        return null;
    }

    private static bool Above(FieldReader fields, string key, double value)
    {
        if (value > 0) return true;
        fields.Report(fields.At(key), "bad-value", $"{key} must be above 0");
        return false;
    }
}
