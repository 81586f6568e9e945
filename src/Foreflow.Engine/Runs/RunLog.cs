using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Runs;

/// <summary>
/// The events of one run on their way to disk, in order: one write at a time, and what comes meanwhile goes with the next.
/// A store that is full or away is waited for. A write that may or may not have been stored is told from one that somebody
/// else was faster with by reading it back. For one grain: not safe to call from several threads.
/// </summary>
internal sealed class RunLog(IRunStore store, RunId run, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly List<ReadOnlyMemory<byte>> _unwritten = [];
    private Task? _writing;
    private int _underWay;
    private bool _summaryWanted;

    /// <summary>How many events are on disk.</summary>
    public int Written { get; private set; }

    /// <summary>Says how many events were read from disk.</summary>
    public void Begin(int written) => Written = written;

    /// <summary>Takes an event that has been folded. <see cref="WriteAsync"/> puts it on disk.</summary>
    public void Add(RunEvent happened) => _unwritten.Add(RunJson.Write(happened));

    /// <summary>Puts the first events on disk. Where surely nothing was stored this fails; where nobody can tell it goes on until that is known.</summary>
    /// <exception cref="StorageException">Nothing was stored.</exception>
    public async Task WriteFirstAsync(IReadOnlyList<RunEvent> events, RunSummary summary)
    {
        await AppendAsync(new RunAppend(run, 0, [.. events.Select(RunJson.Write)], summary), refusable: true);
        Written = events.Count;
    }

    /// <summary>When this returns, all events added so far are on disk.</summary>
    /// <param name="summary">The run's row as it is after the events that are written, asked for when they are.</param>
    /// <param name="summarize">Whether the row is to be written.</param>
    /// <exception cref="StreamConflictException">Somebody else carries the run on.</exception>
    public async Task WriteAsync(Func<RunSummary> summary, bool summarize)
    {
        _summaryWanted |= summarize;
        var upTo = Written + _underWay + _unwritten.Count;
        while (Written < upTo)
        {
            var writing = _writing ??= NextAsync(summary);
            if (writing.IsCompleted) _writing = null;
            await writing;
        }
    }

    private async Task NextAsync(Func<RunSummary> summary)
    {
        var events = _unwritten.ToArray();
        _unwritten.Clear();
        _underWay = events.Length;
        try
        {
            var append = new RunAppend(run, Written, events, _summaryWanted ? summary() : null);
            _summaryWanted = false;
            await AppendAsync(append, refusable: false);
            Written += events.Length;
        }
        finally
        {
            _underWay = 0;
            _writing = null;
        }
    }

    private async Task AppendAsync(RunAppend append, bool refusable)
    {
        var doubtful = false;
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, pause.Ticks * 2)))
        {
            try
            {
                await store.AppendAsync(append);
                return;
            }
            catch (StreamConflictException) when (doubtful)
            {
                if (await IsStoredAsync(append) is not { } stored) continue;
                if (stored) return;
                throw;
            }
            catch (StorageException e) when (e is not StreamConflictException)
            {
                doubtful |= e is StorageUnavailableException { OutcomeUnknown: true };
                if (refusable && !doubtful) throw;
                log.LogError("run {Run} waits for the store: {Reason}", run, e.Message);
                await Task.Delay(pause, time);
            }
        }
    }

    /// <summary>Whether the store holds these very events; null when it does not say.</summary>
    private async ValueTask<bool?> IsStoredAsync(RunAppend append)
    {
        try
        {
            var there = await store.ReadAsync(run, append.NextSequence, append.Events.Count);
            return there.Count == append.Events.Count && there.Zip(append.Events).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span));
        }
        catch (StorageException e)
        {
            log.LogWarning("run {Run} cannot be read back: {Reason}", run, e.Message);
            await Task.Delay(LongestPause / 10, time);
            return null;
        }
    }
}
