using Foreflow.Core.Runs;
using Foreflow.Engine.Pools;

namespace Foreflow.Engine.Runs;

/// <summary>
/// The commands of one run on their way to its pool: in the order in which they were decided, one message at a time, and
/// what comes meanwhile goes with the next. A pool that heard of a run's end first would take what came before it for a
/// new run. For one grain: not safe to call from several threads.
/// </summary>
/// <param name="send">Sends commands to the pool, and returns what starts at once.</param>
internal sealed class CommandQueue(Func<RunCommand[], Task<AttemptPlaces>> send)
{
    private readonly List<RunCommand> _waiting = [];
    private int _sent, _ready;
    private Task? _sending;

    /// <summary>Where decisions are added.</summary>
    public ICollection<RunCommand> Decided => _waiting;

    /// <summary>How many commands there have been so far.</summary>
    public int Count => _sent + _waiting.Count;

    /// <summary>Has the first so many of all commands sent, those being as good as on disk. Returns the places of what this call has sent.</summary>
    /// <param name="upTo">How many.</param>
    /// <param name="always">True to send a message without commands where there are none.</param>
    public async Task<IReadOnlyList<AttemptPlace>> SendAsync(int upTo, bool always = false)
    {
        _ready = Math.Max(_ready, upTo);
        while (_sending is { IsCompleted: false } other)
        {
            var amongThem = _sent >= upTo;
            // How it went is told to those who sent it.
            await other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (amongThem && !always) return [];
        }

        if (_sent >= upTo && !always) return [];
        RunCommand[] commands = [.. _waiting.Take(_ready - _sent)];
        _waiting.RemoveRange(0, commands.Length);
        _sent += commands.Length;
        var sending = send(commands);
        _sending = sending;
        return (await sending).Places;
    }
}
