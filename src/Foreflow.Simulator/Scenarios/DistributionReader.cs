using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Simulator.Scenarios;

/// <summary>Reads distributions: a bare value is always that value; a mapping names a distribution and its parameters.</summary>
internal static class DistributionReader
{
    public static readonly ImmutableArray<string> Names = ["deterministic", "exponential", "lognormal", "uniform", "erlang", "hyperexponential", "weibull", "pareto", "empirical"];

    private static readonly ImmutableArray<string> Keys = ["distribution", "mean", "cv", "min", "max", "phases", "shape", "values"];

    /// <summary>What one of its values is written like.</summary>
    public enum Unit
    {
        Duration,
        Number,
        Bytes,
    }

    /// <summary>A field; null when absent or wrong.</summary>
    public static TimeDistribution? Read(ReadContext context, FieldReader fields, string key, Unit unit = Unit.Duration)
    {
        switch (fields.Node(key))
        {
            case null:
                return null;
            case YamlMapping mapping:
                var own = new FieldReader(context, mapping, fields.At(key), "a distribution", Keys);
                return ReadMapping(own, unit);
            default:
                return Value(fields, key, unit) is { } value ? TimeDistribution.Fixed(value) : null;
        }
    }

    /// <summary>A distribution of a mean and a coefficient of variation, by name; null, and reported, when there is none.</summary>
    public static TimeDistribution? Named(FieldReader fields, string key, string name, double mean, double? cv)
    {
        switch (name)
        {
            // Two that have the one spread: to ask for another would go unheard.
            case "deterministic" when cv is null or 0: return new FixedTime(mean);
            case "exponential" when cv is null or 1: return new ExponentialTime(mean);
            case "deterministic" or "exponential": break;
            case var _ when cv is < 0 or > 100: break;
            case "lognormal": return new LogNormalTime(mean, cv ?? 1);
            case "uniform":
                var half = Math.Sqrt(3) * (cv ?? (1 / Math.Sqrt(3))) * mean;
                if (half <= mean * (1 + 1e-9)) return new UniformTime(Math.Max(0, mean - half), mean + half);
                break;
            case "erlang":
                var phases = (int)Math.Round(1 / Math.Pow(cv ?? 0.5, 2));
                if (phases is >= 1 and <= 10_000) return new ErlangTime(mean, phases);
                break;
            case "hyperexponential":
                if ((cv ?? 2) >= 1) return new HyperexponentialTime(mean, cv ?? 2);
                break;
            default:
                fields.Report(fields.At(key), "bad-value", $"'{name}' is not a distribution that a mean and a cv describe: deterministic, exponential, lognormal, uniform, erlang or hyperexponential");
                return null;
        }

        fields.Report(fields.At(key), "bad-value", $"no {name} distribution has a cv of {cv?.ToString(CultureInfo.InvariantCulture)}: deterministic has 0, exponential 1, uniform up to 0.577, erlang 0.01 to 1, hyperexponential from 1, lognormal any");
        return null;
    }

    private static TimeDistribution? ReadMapping(FieldReader fields, Unit unit)
    {
        if (!fields.Has("distribution")) fields.Report(fields.Path, "missing-key", $"says no distribution: {string.Join(", ", Names)}");
        if (fields.Text("distribution", string.Join(", ", Names)) is not { } name) return null;
        if (!Names.Contains(name))
        {
            fields.Report(fields.At("distribution"), "bad-value", $"'{name}' is not a distribution{(Suggestion.Nearest(name, Names) is { } near ? $", did you mean '{near}'?" : $": {string.Join(", ", Names)}")}");
            return null;
        }

        var own = ParametersOf(fields, name);
        foreach (var key in Keys.Where(k => k != "distribution" && fields.Has(k) && !own.Contains(k)))
            fields.Report(fields.At(key), "bad-value", $"'{key}' has no part in this {name} distribution: it has {string.Join(" and ", own)}");

        switch (name)
        {
            case "empirical":
                return Empirical(fields, unit);
            case "uniform" when fields.Has("min") || fields.Has("max"):
                return Needed(fields, "min", unit) is { } least && Needed(fields, "max", unit) is { } most && Ordered(fields, least, most) ? new UniformTime(least, most) : null;
        }

        if (Needed(fields, "mean", unit) is not { } mean) return null;
        var cv = fields.Number("cv");
        if (cv is < 0 or > 100)
        {
            fields.Report(fields.At("cv"), "bad-value", "cv is standard deviation over mean: from 0 to 100");
            return null;
        }

        switch (name)
        {
            case "erlang" when fields.Integer("phases") is { } phases:
                if (phases is >= 1 and <= 10_000) return new ErlangTime(mean, phases);
                fields.Report(fields.At("phases"), "bad-value", "phases: from 1 to 10000");
                return null;
            case "weibull" or "pareto":
                var least = name == "pareto" ? 1.0 : 0.1;
                if (fields.Number("shape") is { } shape && shape > least && shape <= 100) return name == "pareto" ? new ParetoTime(mean, shape) : new WeibullTime(mean, shape);
                fields.Report(fields.At("shape"), fields.Has("shape") ? "bad-value" : "missing-key", $"{name} needs a shape above {least.ToString(CultureInfo.InvariantCulture)} and at most 100");
                return null;
            default:
                return Named(fields, "distribution", name, mean, cv);
        }
    }

    private static ImmutableArray<string> ParametersOf(FieldReader fields, string name) => name switch
    {
        "empirical" => ["values"],
        "weibull" or "pareto" => ["mean", "shape"],
        "uniform" when fields.Has("min") || fields.Has("max") => ["min", "max"],
        "erlang" when fields.Has("phases") => ["mean", "phases"],
        _ => ["mean", "cv"],
    };

    private static EmpiricalTime? Empirical(FieldReader fields, Unit unit)
    {
        var texts = fields.Texts("values", "a list of values", anyScalar: true);
        var values = new double[texts.Length];
        if (texts.IsEmpty)
        {
            fields.Report(fields.At("values"), "missing-key", "empirical needs values: a list with at least one");
            return null;
        }

        for (var i = 0; i < texts.Length; i++)
        {
            if (TryParse(texts[i], unit, out values[i], out var error)) continue;
            fields.Report($"{fields.At("values")}[{i}]", "bad-value", error);
            return null;
        }

        return new EmpiricalTime(values);
    }

    private static bool Ordered(FieldReader fields, double least, double most)
    {
        if (least <= most) return true;
        fields.Report(fields.At("max"), "bad-value", "max is below min");
        return false;
    }

    private static double? Needed(FieldReader fields, string key, Unit unit)
    {
        if (fields.Has(key)) return Value(fields, key, unit);
        fields.Report(fields.Path, "missing-key", $"the distribution needs {key}");
        return null;
    }

    private static double? Value(FieldReader fields, string key, Unit unit)
    {
        if (fields.Written(key, unit == Unit.Duration ? "a duration like 20s, or a distribution" : "a value, or a distribution") is not { } text) return null;
        if (TryParse(text, unit, out var value, out var error)) return value;
        fields.Report(fields.At(key), unit == Unit.Duration ? "bad-duration" : "bad-value", error);
        return null;
    }

    private static bool TryParse(string text, Unit unit, out double value, out string error)
    {
        (value, error) = (0, "");
        switch (unit)
        {
            case Unit.Duration:
                if (!DurationText.TryParse(text, out var duration, out var fault))
                {
                    error = fault!;
                    return false;
                }

                value = duration.TotalSeconds;
                return true;
            case Unit.Bytes:
                if (!Quantity.TryParseBytes(text, out var bytes, out fault))
                {
                    error = fault!;
                    return false;
                }

                value = bytes;
                return true;
            default:
                if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1e12) return true;
                error = $"'{text}' is not a number from 0";
                return false;
        }
    }
}
