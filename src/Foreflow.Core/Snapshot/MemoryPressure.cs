using Foreflow.Core.Model;

namespace Foreflow.Core.Snapshot;

/// <summary>
/// How short of memory a node is: the share of the last ten seconds in which something on it waited for memory, in percent,
/// as Linux tells it (pressure stall information, <c>some avg10</c>; Weiner 2018). Memory that is full but quiet presses on
/// nobody; what is told here is time lost. Danger begins and ends at different levels and not at the first sample, so that
/// a node whose pressure moves about one of them does not have work stopped and let go all the time:
/// <code>
/// pressure          0      5           20               100 %
/// calm              calm   calm        danger after 2 s
/// danger            calm after 5 s     danger
/// </code>
/// </summary>
public struct MemoryPressure
{
    /// <summary>From this on, in percent, there is danger once it has lasted.</summary>
    public const double DangerPercent = 20;

    /// <summary>Up to this, in percent, there is calm again once it has lasted.</summary>
    public const double CalmPercent = 5;

    private static readonly TimeSpan DangerAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CalmAfter = TimeSpan.FromSeconds(5);

    private Instant? _highSince, _lowSince;
    private bool _wasDanger;

    /// <summary>As last told, in percent, 0 to 100; 0 where the node has told nothing.</summary>
    public double Percent { get; private set; }

    /// <summary>Takes in what a node tells.</summary>
    internal void Sample(double percent, Instant at)
    {
        _wasDanger = IsDanger(at);
        Percent = double.IsFinite(percent) ? Math.Clamp(percent, 0, 100) : 0;
        _highSince = Percent >= DangerPercent ? _highSince ?? at : null;
        _lowSince = Percent <= CalmPercent ? _lowSince ?? at : null;
    }

    /// <summary>Whether memory is about to run out, going by what was told so far.</summary>
    public readonly bool IsDanger(Instant now) =>
        _wasDanger ? _lowSince is not { } low || now - low < CalmAfter : _highSince is { } high && now - high >= DangerAfter;

    /// <summary>When danger begins or ends if nothing else is told; <see cref="Instant.Never"/> where neither does.</summary>
    public readonly Instant NextChange(Instant now)
    {
        var next = IsDanger(now) ? _lowSince + CalmAfter : _highSince + DangerAfter;
        return next is { } at && at > now ? at : Instant.Never;
    }
}
