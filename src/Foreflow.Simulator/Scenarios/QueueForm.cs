using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Simulator.Scenarios;

/// <summary>
/// The short form of a scenario: a queue with a fixed number of servers, or several in a row. Servers are replicas that
/// are there from the start, and arrivals runs of a workflow with one stage a queue.
/// </summary>
internal static class QueueForm
{
    public static readonly ImmutableArray<string> Keys =
    [
        "servers", "arrivalRatePerSecond", "arrivalDistribution", "arrivalCv", "serviceMeanSeconds", "serviceDistribution", "serviceCv", "maxWait", "stations",
    ];

    private static readonly ImmutableArray<string> StationKeys = ["name", "servers", "serviceMeanSeconds", "serviceDistribution", "serviceCv", "maxWait"];

    private const int MostServers = 1_000_000;

    public static ImmutableArray<SimulatedWorkflow> Read(FieldReader fields)
    {
        var stations = Stations(fields);
        var arrivals = Arrivals(fields);
        if (arrivals is null || stations.Any(s => s is null)) return [];
        // Due never, each alike: a queue serves in the order in which it was joined, not by the age of the run.
        var builder = new WorkflowBuilder("queue").Deadline(TimeSpan.MaxValue);
        for (var i = 0; i < stations.Count; i++)
        {
            var (station, before) = (stations[i]!, i > 0 ? stations[i - 1]!.Name : null);
            builder.Stage(station.Name, stage =>
            {
                // Any number of servers: nobody waits, so there is nothing to serve from.
                if (station.Servers is { } servers) stage.Worker(["server"]).Replicas(servers, servers).MaxWait(station.MaxWait);
                else stage.Handler("server");
                stage.Resources(new Resources(1, 1), isFixed: true);
                if (before is not null) stage.Needs(before);
            });
        }

        if (!builder.TryBuild(out var definition, out var faults))
        {
            foreach (var fault in faults) fields.Report("stations", "bad-value", fault.Message);
            return [];
        }

        return [new SimulatedWorkflow { Definition = definition!, Arrivals = arrivals, Stages = [.. stations.Select(s => new StageModel { Time = s!.Service, Unlimited = s.Servers is null })] }];
    }

    private static List<Station?> Stations(FieldReader fields)
    {
        if (!fields.Has("stations")) return [ReadStation(fields, "service")];
        foreach (var key in new[] { "servers", "serviceMeanSeconds", "serviceDistribution", "serviceCv" }.Where(fields.Has))
            fields.Report(key, "bad-value", $"'{key}' belongs to each of the stations here");
        if (fields.Node("stations") is YamlSequence { Items.Length: > 0 } list)
        {
            return [.. list.Items.Select((item, i) =>
            {
                var path = $"stations[{i}]";
                if (item is YamlMapping mapping) return ReadStation(fields.Inside(mapping, path, "a station", StationKeys), $"station-{i + 1}");
                fields.Misfit(path, item, "a station: servers, serviceMeanSeconds");
                return null;
            })];
        }

        fields.Report("stations", "wrong-type", "expected a list of stations, each with servers and serviceMeanSeconds");
        return [null];
    }

    private static Station? ReadStation(FieldReader fields, string name)
    {
        var servers = Servers(fields);
        var mean = Positive(fields, "serviceMeanSeconds", "mean service time in seconds, like 1.5");
        var kind = fields.Text("serviceDistribution", "a distribution: exponential, deterministic, lognormal, …") ?? "exponential";
        if (mean is null || servers is null) return null;
        var service = DistributionReader.Named(fields, "serviceDistribution", kind, mean.Value, fields.Number("serviceCv"));
        return service is null ? null : new Station(
            (fields.Path.Length > 0 ? fields.Text("name", "a name") : null) ?? name, servers.Value < 0 ? null : servers, service, fields.Duration("maxWait") ?? TimeSpan.FromSeconds(2));
    }

    private static int? Servers(FieldReader fields)
    {
        if (fields.Node("servers") is YamlScalar { Value: "infinite" }) return -1;
        if (!fields.Has("servers"))
        {
            fields.Report(fields.Path, "missing-key", fields.Path.Length == 0
                ? "a scenario has servers, arrivalRatePerSecond and serviceMeanSeconds (a queue), or nodes and workflows"
                : "a station has servers: a number, or infinite");
            return null;
        }

        if (fields.Integer("servers", "a number of servers, or infinite") is not { } servers) return null;
        if (servers is >= 1 and <= MostServers) return servers;
        fields.Report(fields.At("servers"), "bad-value", $"from 1 to {MostServers}, or infinite");
        return null;
    }

    private static RenewalArrivals? Arrivals(FieldReader fields)
    {
        var rate = Positive(fields, "arrivalRatePerSecond", "mean arrivals a second, like 3.2");
        var kind = fields.Text("arrivalDistribution", "a distribution of the gaps: exponential, deterministic, …") ?? "exponential";
        if (rate is null) return null;
        return DistributionReader.Named(fields, "arrivalDistribution", kind, 1 / rate.Value, fields.Number("arrivalCv")) is { } gap ? new RenewalArrivals(gap) : null;
    }

    private static double? Positive(FieldReader fields, string key, string what)
    {
        if (!fields.Has(key))
        {
            fields.Report(fields.Path, "missing-key", $"{key} is missing: {what}");
            return null;
        }

        if (fields.Number(key) is not { } value) return null;
        if (value is > 0 and <= 1e9) return value;
        fields.Report(fields.At(key), "bad-value", $"{value.ToString(CultureInfo.InvariantCulture)} is not above 0: {what}");
        return null;
    }

    private sealed record Station(string Name, int? Servers, TimeDistribution Service, TimeSpan MaxWait);
}
