using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Postgres;

/// <summary>
/// Appends of one stream that follow each other without a gap, written as one: a statement then meets each stream only once. They are stored or
/// turned away together, so an append queued behind one that is turned away goes with it.
/// </summary>
internal sealed class AppendChain<TAppend>(TAppend first)
    where TAppend : PendingAppend
{
    public List<TAppend> Appends { get; } = [first];

    public void Conflict(Func<TAppend, long> next)
    {
        foreach (var append in Appends) append.Error = new StreamConflictException(append.Stream, next(append));
    }
}

/// <summary>Sorts a group's appends into rounds, in each of which a stream has one chain. More than one round is rare: it takes a writer that contradicts itself.</summary>
internal static class AppendChains
{
    public static List<Dictionary<string, AppendChain<TAppend>>> Rounds<TAppend>(
        IEnumerable<PendingWrite> writes, Func<TAppend, long> first, Func<TAppend, long> next)
        where TAppend : PendingAppend
    {
        var rounds = new List<Dictionary<string, AppendChain<TAppend>>>();
        foreach (var append in writes.OfType<TAppend>())
        {
            append.Error = null;
            // Appends keep their order within a stream, so only the last round that has the stream can take it on.
            var last = rounds.FindLastIndex(round => round.ContainsKey(append.Stream));
            if (last >= 0 && next(rounds[last][append.Stream].Appends[^1]) == first(append))
            {
                rounds[last][append.Stream].Appends.Add(append);
                continue;
            }

            if (last + 1 == rounds.Count) rounds.Add(new Dictionary<string, AppendChain<TAppend>>(StringComparer.Ordinal));
            rounds[last + 1].Add(append.Stream, new AppendChain<TAppend>(append));
        }

        return rounds;
    }
}
