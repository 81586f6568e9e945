using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Foreflow.Core.Workflows.Yaml;
using YamlDotNet.Core;

namespace Foreflow.Simulator.Scenarios;

/// <summary>
/// Values that take the place of a scenario file's: of a top-level key (<c>servers</c>), or of one below it by its path
/// (<c>settings.hedgeShare</c>, <c>workflows[0].stages.check.time</c>). A key that is not there is added.
/// </summary>
internal static partial class ScenarioOverrides
{
    /// <summary>The scenario with the values.</summary>
    /// <exception cref="ScenarioException">A value is not YAML, or a path leads nowhere.</exception>
    public static YamlMapping Apply(YamlMapping scenario, IReadOnlyList<KeyValuePair<string, string>> overrides)
    {
        foreach (var (key, text) in overrides)
        {
            if (!YamlComposer.TryCompose(text, out var value, out var error) || value is null)
                throw new ScenarioException([$"--set {key}: '{text}' is not a value as a scenario file has it{(error is null ? "" : $": {error.Message}")}"]);
            if (!Path().IsMatch(key)) throw new ScenarioException([$"--set {key}: a key is written like servers, settings.hedgeShare or workflows[0].stages.check.time"]);
            scenario = (YamlMapping)With(scenario, [.. Step().Matches(key).Select(m => m.Value)], value, key);
        }

        return scenario;
    }

    /// <summary>The override that a finding's path is of, or below; null when it stands in the file.</summary>
    public static string? Of(string path, IReadOnlyList<KeyValuePair<string, string>> overrides)
    {
        foreach (var (key, _) in overrides)
            if (path.StartsWith(key, StringComparison.Ordinal) && (path.Length == key.Length || path[key.Length] is '.' or '[' or '#')) return key;
        return null;
    }

    private static YamlNode With(YamlNode at, ImmutableArray<string> path, YamlNode value, string key)
    {
        if (path.IsEmpty) return value;
        var (step, rest) = (path[0], path.RemoveAt(0));
        if (step[0] == '[')
        {
            if (at is YamlSequence list && int.TryParse(step[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Items.Length)
                return list with { Items = list.Items.SetItem(index, With(list.Items[index], rest, value, key)) };
            throw new ScenarioException([$"--set {key}: there is no {step}: {(at is YamlSequence { Items.Length: var count } ? $"the list has {count}, counted from 0" : "it is no list")}"]);
        }

        if (at is not YamlMapping mapping) throw new ScenarioException([$"--set {key}: '{step}' would be within something that has no keys"]);
        var found = mapping.Entries.ToList().FindIndex(e => e.Key.Value == step);
        if (found >= 0) return mapping with { Entries = mapping.Entries.SetItem(found, (mapping.Entries[found].Key, With(mapping.Entries[found].Value, rest, value, key))) };
        var added = With(new YamlMapping(value.Start, value.Size + 1, []), rest, value, key);
        return mapping with { Entries = mapping.Entries.Add((new YamlScalar(value.Start, step, ScalarStyle.Plain), added)) };
    }

    [GeneratedRegex(@"^[^.\[\]]+(\[[0-9]+\])*(\.[^.\[\]]+(\[[0-9]+\])*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Path();

    [GeneratedRegex(@"\[[0-9]+\]|[^.\[\]]+", RegexOptions.CultureInvariant)]
    private static partial Regex Step();
}
