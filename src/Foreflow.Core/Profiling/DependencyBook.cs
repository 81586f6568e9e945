using System.Text;

namespace Foreflow.Core.Profiling;

/// <summary>How often a needed stage was the last one to finish, and how long the stage that needs it waited for it alone.</summary>
/// <param name="Count">Runs in which it was the last, without decay.</param>
/// <param name="AloneSeconds">Decaying mean and variance of that wait, in seconds.</param>
public readonly record struct DependencyStatistics(long Count, DecayingMoments AloneSeconds);

/// <summary>The needed stages of one stage, in order of name. Not safe for concurrent writing.</summary>
internal sealed class DependencyBook
{
    /// <summary>More needed stages than this are not kept: a stored profile has room for so many names.</summary>
    internal const int MaximumStages = 16;

    /// <summary>Longer names are not kept, for the same reason.</summary>
    internal const int MaximumNameBytes = 96;

    private readonly SortedDictionary<string, DependencyStatistics> _byStage = new(StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, DependencyStatistics> ByStage => _byStage;

    internal void Record(string stage, double aloneSeconds, double weight)
    {
        if (!_byStage.TryGetValue(stage, out var known) && !HasRoomFor(stage)) return;
        _byStage[stage] = new DependencyStatistics(known.Count + 1, known.AloneSeconds.With(aloneSeconds, weight));
    }

    internal void Restore(string stage, DependencyStatistics statistics) => _byStage[stage] = statistics;

    internal void Merge(DependencyBook other, double factor)
    {
        foreach (var (stage, theirs) in other._byStage)
        {
            if (!_byStage.TryGetValue(stage, out var mine) && !HasRoomFor(stage)) continue;
            _byStage[stage] = new DependencyStatistics(mine.Count + theirs.Count, mine.AloneSeconds.Merged(theirs.AloneSeconds, factor));
        }
    }

    internal void Scale(double factor)
    {
        foreach (var stage in _byStage.Keys.ToArray())
            _byStage[stage] = _byStage[stage] with { AloneSeconds = _byStage[stage].AloneSeconds.Scaled(factor) };
    }

    internal DependencyBook Clone()
    {
        var copy = new DependencyBook();
        foreach (var (stage, statistics) in _byStage) copy._byStage[stage] = statistics;
        return copy;
    }

    private bool HasRoomFor(string stage) => _byStage.Count < MaximumStages && Encoding.UTF8.GetByteCount(stage) <= MaximumNameBytes;
}
