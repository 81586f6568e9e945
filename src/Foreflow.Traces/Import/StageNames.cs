using System.Globalization;

namespace Foreflow.Traces.Import;

/// <summary>
/// Names for stages after what a history calls its kinds of task. Nested names (<c>NFCORE:CHIPSEQ:ALIGN:BWA_MEM</c>) keep
/// their last part, or as many as it takes to tell two apart; what a name may not hold becomes <c>_</c>.
/// </summary>
internal static class StageNames
{
    private const int MaximumLength = 63;

    /// <summary>A name for each kind of task, all different; equal input gives equal names.</summary>
    internal static IReadOnlyDictionary<string, string> Of(IEnumerable<string> kinds)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var parts = kinds.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToDictionary(k => k, k => k.Split(':', '.', '/'), StringComparer.Ordinal);
        foreach (var (kind, own) in parts)
        {
            var length = 1;
            while (length < own.Length && parts.Any(p => p.Key != kind && Clean(p.Value, length) == Clean(own, length))) length++;
            var wanted = Clean(own, length);
            var name = wanted;
            for (var number = 2; !taken.Add(name); number++)
            {
                var suffix = "_" + number.ToString(CultureInfo.InvariantCulture);
                name = wanted[..Math.Min(wanted.Length, MaximumLength - suffix.Length)] + suffix;
            }

            names[kind] = name;
        }

        return names;
    }

    /// <summary>A good name for a workflow.</summary>
    internal static string Clean(string name) => Clean([name], 1);

    private static string Clean(string[] parts, int length)
    {
        var text = string.Join('-', parts[Math.Max(0, parts.Length - length)..]);
        var clean = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
        if (clean.Length == 0 || !char.IsAsciiLetter(clean[0])) clean = "s" + clean;
        if (clean.ToLowerInvariant() is "true" or "false" or "null") clean += "_";
        return clean[..Math.Min(clean.Length, MaximumLength)];
    }
}
