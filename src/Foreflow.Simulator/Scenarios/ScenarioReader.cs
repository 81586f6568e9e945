using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Validation;
using Foreflow.Core.Workflows.Yaml;
using YamlDotNet.Core;

namespace Foreflow.Simulator.Scenarios;

/// <summary>
/// Reads scenario files (YAML) as strictly as workflow files are read: an unknown key, a wrong unit or a missing file is an
/// error that names file, line, key and the way out. docs/simulation.md describes every key.
/// </summary>
public static class ScenarioReader
{
    private const int MaximumBytes = 4 << 20;

    private static readonly ImmutableArray<string> Keys =
    [
        "name", "seed", "start", "history", "warmUp", "duration", "nodes", "workflows", "failures", "background", "settings", "cost", "policies",
        .. QueueForm.Keys,
    ];

    private static readonly Dictionary<string, string> OtherWords = new(StringComparer.Ordinal)
    {
        ["warmup"] = "warmUp", ["warm-up"] = "warmUp", ["machines"] = "nodes", ["cluster"] = "nodes", ["length"] = "duration", ["until"] = "duration",
        ["lambda"] = "arrivalRatePerSecond", ["arrivalRate"] = "arrivalRatePerSecond", ["rate"] = "arrivalRatePerSecond",
        ["mu"] = "serviceMeanSeconds", ["serviceTime"] = "serviceMeanSeconds", ["serviceSeconds"] = "serviceMeanSeconds", ["policy"] = "policies",
    };

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; files it names are relative to its folder.</param>
    /// <param name="overrides">Keys, top-level or by their path, and the values that take the place of the file's, each as it would be written there.</param>
    /// <exception cref="ScenarioException">It cannot be used.</exception>
    public static Scenario Read(string path, IReadOnlyList<KeyValuePair<string, string>>? overrides = null)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaximumBytes }) throw new ScenarioException([$"{path}: is larger than {MaximumBytes} bytes: data belongs in files of its own"]);
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ScenarioException([$"{path}: cannot be read: {e.Message}"]);
        }

        return Read(text, path, overrides);
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">Where it is from: for messages, and for files it names.</param>
    /// <param name="overrides">As in <see cref="Read(string, IReadOnlyList{KeyValuePair{string, string}}?)"/>.</param>
    /// <exception cref="ScenarioException">It cannot be used.</exception>
    public static Scenario Read(string text, string path, IReadOnlyList<KeyValuePair<string, string>>? overrides)
    {
        if (!YamlComposer.TryCompose(text, out var root, out var error))
            throw new ScenarioException([$"{path}:{Math.Max(1, (int)error!.At.Line)}:{Math.Max(1, (int)error.At.Column)}: error: {error.Message} [{error.Code}]"]);
        if (root is not YamlMapping mapping) throw new ScenarioException([$"{path}:1:1: error: a scenario is a mapping: servers: 4, or nodes: …, workflows: … [wrong-type]"]);
        mapping = ScenarioOverrides.Apply(mapping, overrides ?? []);

        var context = new ReadContext(new Findings(), new SourceMap(text));
        var fields = new FieldReader(context, mapping, "", "a scenario", Keys, OtherWords);
        var scenario = ReadScenario(context, fields, path);
        if (context.Findings.Count > 0) throw new ScenarioException([.. context.Findings.All.Select(f => Place(context, f, path, overrides ?? []))]);
        return scenario;
    }

    private static Scenario ReadScenario(ReadContext context, FieldReader fields, string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        var start = ReadStart(fields);
        var duration = fields.Duration("duration");
        var frame = new TimeFrame(start, fields.Duration("history") ?? TimeSpan.Zero, fields.Duration("warmUp") ?? TimeSpan.Zero, duration);
        var workflows = fields.Has("workflows")
            ? WorkflowScenarioReader.ReadAll(context, fields, folder, frame)
            : QueueForm.Read(fields);
        if (fields.Has("workflows"))
        {
            foreach (var key in QueueForm.Keys.Where(fields.Has))
                fields.Report(key, "bad-value", $"'{key}' is of the short form for queues, and so has no place beside 'workflows': take out one of the two");
        }

        if (duration is { Ticks: 0 }) fields.Report("duration", "bad-value", "nothing can be measured in no time: write a duration like 6h");
        if (!fields.Has("duration") && workflows.Any(w => !w.Arrivals.IsFinite))
            fields.Report("", "missing-key", "the arrivals never end: say how long is measured, as duration: 6h");
        var nodes = ClusterReader.ReadNodes(context, fields);
        return new Scenario
        {
            Name = fields.Text("name", "a name") ?? Path.GetFileNameWithoutExtension(path),
            Seed = ReadSeed(fields),
            Start = start,
            History = frame.History,
            WarmUp = frame.WarmUp,
            Duration = duration,
            Nodes = nodes,
            Workflows = workflows,
            Failures = ClusterReader.ReadFailures(context, fields, nodes.Length),
            Background = ClusterReader.ReadBackground(context, fields),
            Settings = SettingsSection.Read(context, fields),
            Cost = SettingsSection.ReadCost(context, fields),
            Policies = fields.Has("policies") ? fields.Texts("policies", "names of policies") : fields.Has("workflows") ? new Scenario { Nodes = [], Workflows = [] }.Policies : ["fixed"],
        };
    }

    private static Instant ReadStart(FieldReader fields)
    {
        var usual = new Scenario { Nodes = [], Workflows = [] }.Start;
        if (fields.Written("start", "a date or time like 2026-01-05T00:00:00Z") is not { } text) return usual;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return Instant.From(time);
        fields.Report("start", "bad-value", $"'{text}' is not a time: write it like 2026-01-05T00:00:00Z");
        return usual;
    }

    private static ulong ReadSeed(FieldReader fields)
    {
        if (fields.Written("seed", "a whole number from 0") is not { } text) return 1;
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed)) return seed;
        fields.Report("seed", "bad-value", $"'{text}' is not a seed: a whole number from 0 to {ulong.MaxValue}");
        return 1;
    }

    private static string Place(ReadContext context, Finding finding, string path, IReadOnlyList<KeyValuePair<string, string>> overrides)
    {
        var shown = ReadContext.Shown(finding.Path);
        var where = shown.Length > 0 ? $"{shown}: " : "";
        if (ScenarioOverrides.Of(finding.Path, overrides) is { } key) return $"--set {key}: error: {where}{finding.Message} [{finding.Code}]";
        var spot = finding.Code is "unknown-key" or "duplicate-key" ? Spot.Key : Spot.Either;
        var (line, column) = context.Source.Locate(finding.Path, finding.Offset, spot);
        return string.Create(CultureInfo.InvariantCulture, $"{path}:{line}:{column}: error: {where}{finding.Message} [{finding.Code}]");
    }
}

/// <summary>When the parts of a scenario begin.</summary>
/// <param name="Start">Start of the history.</param>
/// <param name="History">Length of the part that is told and not simulated.</param>
/// <param name="WarmUp">Length of the part that is simulated and not measured.</param>
/// <param name="Duration">Length of the measured part; null: until all runs are over.</param>
internal readonly record struct TimeFrame(Instant Start, TimeSpan History, TimeSpan WarmUp, TimeSpan? Duration)
{
    public Instant Measured => Start + History + WarmUp;

    public Instant End => Duration is { } duration ? Measured + duration : Instant.Never;
}
