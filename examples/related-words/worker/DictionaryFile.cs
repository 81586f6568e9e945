using System.Text.RegularExpressions;

namespace RelatedWords;

/// <summary>An entry of a dictionary.</summary>
/// <param name="Head">The word explained.</param>
/// <param name="Words">The words of its text, in lower case.</param>
internal sealed record Entry(string Head, string[] Words);

/// <summary>Reads a dictionary: an entry starts with its word in capitals, a comma and the part of speech.</summary>
internal static partial class DictionaryFile
{
    public static IReadOnlyList<Entry> Read(string path)
    {
        var entries = new List<Entry>();
        var head = "";
        var words = new List<string>();
        foreach (var line in File.ReadLines(path))
        {
            if (HeadLine().Match(line) is { Success: true } match)
            {
                Close();
                head = match.Groups[1].Value;
            }

            words.AddRange(WordsOf(line));
        }

        Close();
        return entries;

        void Close()
        {
            if (head.Length > 0 && words.Count > 3) entries.Add(new Entry(head, [.. words]));
            words.Clear();
        }
    }

    public static IEnumerable<string> WordsOf(string text) => Word().Matches(text).Select(m => m.Value.ToLowerInvariant());

    [GeneratedRegex(@"^([A-Z][A-Z' -]+), *(n|adj|v|adv|p|prep|interj|pp)\b")]
    private static partial Regex HeadLine();

    [GeneratedRegex("[A-Za-z]{3,}")]
    private static partial Regex Word();
}
