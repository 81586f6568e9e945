using System.Numerics;

namespace RelatedWords;

/// <summary>
/// A latent semantic index (Deerwester et al. 1990): entries as points in a space of few dimensions, found by a truncated
/// singular value decomposition of the weighted word-entry matrix. Built by subspace iteration (Halko et al. 2011).
/// </summary>
internal sealed class SemanticIndex
{
    private const int Dimensions = 96;
    private const int Iterations = 10;

    private readonly IReadOnlyList<Entry> _entries;
    private readonly Dictionary<string, int> _words;
    private readonly float[] _weights;
    private readonly float[][] _wordSpace;
    private readonly float[][] _entrySpace;

    private SemanticIndex(IReadOnlyList<Entry> entries, Dictionary<string, int> words, float[] weights, float[][] wordSpace, float[][] entrySpace) =>
        (_entries, _words, _weights, _wordSpace, _entrySpace) = (entries, words, weights, wordSpace, entrySpace);

    public static SemanticIndex Build(IReadOnlyList<Entry> entries)
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        var found = new List<int>();
        var counts = entries.Select(entry =>
        {
            var row = new SortedDictionary<int, int>();
            foreach (var word in entry.Words)
            {
                if (!words.TryGetValue(word, out var id)) words[word] = id = words.Count;
                row[id] = row.GetValueOrDefault(id) + 1;
            }

            foreach (var id in row.Keys)
            {
                while (found.Count <= id) found.Add(0);
                found[id]++;
            }

            return row;
        }).ToArray();
        // A word that nearly every entry has says nothing; one that few have says much.
        var weights = found.Select(n => (float)Math.Log((double)entries.Count / n)).ToArray();
        var matrix = counts.Select(row => row.Select(w => (w.Key, Value: (float)(1 + Math.Log(w.Value)) * weights[w.Key])).ToArray()).ToArray();

        var space = Start(words.Count);
        var entrySpace = Project(matrix, space);
        for (var i = 0; i < Iterations; i++)
        {
            Orthonormalize(entrySpace);
            space = Back(matrix, entrySpace, words.Count);
            entrySpace = Project(matrix, space);
        }

        Orthonormalize(entrySpace);
        space = Back(matrix, entrySpace, words.Count);
        Scale(space, entrySpace);
        return new SemanticIndex(entries, words, weights, space, entrySpace.Select(Normalized).ToArray());
    }

    /// <summary>The entries closest to a question. The closest of the first look ask again in the question's place: entries that share no word with it are found through those that do.</summary>
    public IReadOnlyList<string> Closest(string question, int count)
    {
        var point = new float[Dimensions];
        foreach (var word in DictionaryFile.WordsOf(question))
            if (_words.TryGetValue(word, out var id)) Add(point, _wordSpace[id], _weights[id]);
        var first = Scores(Normalized(point));
        var total = new float[_entries.Count];
        for (var e = 0; e < first.Length; e++)
        {
            if (first[e] <= 0.05f) continue;
            var second = Scores(_entrySpace[e]);
            for (var f = 0; f < second.Length; f++) total[f] += first[e] * second[f] * second[f];
        }

        return Enumerable.Range(0, total.Length).OrderByDescending(e => first[e] + (0.002f * total[e])).Take(count).Select(e => _entries[e].Head).ToArray();
    }

    private float[] Scores(float[] point)
    {
        var scores = new float[_entrySpace.Length];
        for (var e = 0; e < scores.Length; e++) scores[e] = Dot(point, _entrySpace[e]);
        return scores;
    }

    private static float[][] Start(int rows)
    {
        var random = new Random(1);
        return Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, Dimensions).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray()).ToArray();
    }

    private static float[][] Project((int Key, float Value)[][] matrix, float[][] space) => Array.ConvertAll(matrix, row =>
    {
        var point = new float[Dimensions];
        foreach (var (word, value) in row) Add(point, space[word], value);
        return point;
    });

    private static float[][] Back((int Key, float Value)[][] matrix, float[][] entrySpace, int words)
    {
        var space = Enumerable.Range(0, words).Select(_ => new float[Dimensions]).ToArray();
        for (var e = 0; e < matrix.Length; e++)
            foreach (var (word, value) in matrix[e]) Add(space[word], entrySpace[e], value);
        return space;
    }

    /// <summary>
    /// The singular values are the lengths of the columns of the word space. Entries are stretched by them and words shrunk,
    /// so that a question lands among the entries that it is made of.
    /// </summary>
    private static void Scale(float[][] space, float[][] entrySpace)
    {
        for (var c = 0; c < Dimensions; c++)
        {
            var squares = 0f;
            foreach (var word in space) squares += word[c] * word[c];
            var value = MathF.Sqrt(squares) + 1e-12f;
            foreach (var word in space) word[c] /= value;
            foreach (var entry in entrySpace) entry[c] *= value;
        }
    }

    /// <summary>Modified Gram-Schmidt over the columns.</summary>
    private static void Orthonormalize(float[][] rows)
    {
        for (var c = 0; c < Dimensions; c++)
        {
            for (var b = 0; b < c; b++)
            {
                var dot = 0f;
                foreach (var row in rows) dot += row[c] * row[b];
                foreach (var row in rows) row[c] -= dot * row[b];
            }

            var norm = 0f;
            foreach (var row in rows) norm += row[c] * row[c];
            norm = MathF.Sqrt(norm) + 1e-12f;
            foreach (var row in rows) row[c] /= norm;
        }
    }

    private static float[] Normalized(float[] point)
    {
        var norm = MathF.Sqrt(Dot(point, point)) + 1e-12f;
        return Array.ConvertAll(point, v => v / norm);
    }

    private static void Add(float[] target, float[] source, float weight)
    {
        for (var i = 0; i < Dimensions; i += Vector<float>.Count)
            (new Vector<float>(target, i) + (new Vector<float>(source, i) * weight)).CopyTo(target, i);
    }

    private static float Dot(float[] a, float[] b)
    {
        var sum = Vector<float>.Zero;
        for (var i = 0; i < Dimensions; i += Vector<float>.Count) sum += new Vector<float>(a, i) * new Vector<float>(b, i);
        return Vector.Sum(sum);
    }
}
