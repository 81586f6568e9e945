namespace Foreflow.Core.Workflows;

/// <summary>Finds what a misspelt name was probably meant to be.</summary>
public static class Suggestion
{
    private const int MaxLength = 64;
    private const int MaxCandidates = 2_000;

    /// <summary>
    /// The candidate nearest to a name by edit distance (Damerau: a swap of neighbours is one edit), if it is near enough:
    /// at most a third of the name's letters, and at least one, may differ. Ties go to the candidate that comes first.
    /// </summary>
    public static string? Nearest(string name, IEnumerable<string> candidates)
    {
        string? nearest = null;
        var limit = Math.Max(1, name.Length / 3);
        foreach (var candidate in candidates.Take(MaxCandidates))
        {
            if (name.Length > MaxLength || candidate == name || Math.Abs(candidate.Length - name.Length) > limit) continue;
            var distance = string.Equals(candidate, name, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(name, candidate);
            // Two one-letter names have nothing in common when their letter differs.
            if (distance > limit || (distance >= Math.Min(name.Length, candidate.Length))) continue;
            nearest = candidate;
            limit = distance - 1;
            if (limit < 0) break;
        }

        return nearest;
    }

    /// <summary><c>, did you mean 'x'?</c>, or nothing.</summary>
    internal static string For(string name, IEnumerable<string> candidates) =>
        Nearest(name, candidates) is { } nearest ? $", did you mean '{nearest}'?" : "";

    // Optimal string alignment: three rows are enough.
    private static int Distance(string a, string b)
    {
        var before = new int[b.Length + 1];
        var last = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            (before, last, row) = (last, row, before);
        }

        return last[b.Length];
    }
}
