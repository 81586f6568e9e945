using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling.Sizing;

/// <summary>
/// How much memory to grant after a failed attempt. Only an out-of-memory kill says that the grant was too small:
/// any other cause is retried at the same size.
/// </summary>
public static class RetryLadder
{
    /// <summary>
    /// The next grant, in bytes. After the first out-of-memory kill: at least 1.2 times and 100 MB more, and no less than
    /// the largest ever seen; after the second: no less than the preset; from then on double; never above the cap.
    /// </summary>
    /// <param name="cause">Why the attempt failed.</param>
    /// <param name="grantedBytes">What it was granted.</param>
    /// <param name="outOfMemoryKills">How many attempts of the task were killed for memory so far, this one included.</param>
    /// <param name="largestSeenBytes">Most memory any attempt of the stage was seen to hold; 0 while unknown.</param>
    /// <param name="presetBytes">What the workflow file asks for.</param>
    /// <param name="capBytes">The most that can be granted.</param>
    /// <param name="options">The constants; defaults when null.</param>
    public static long Next(AttemptCause cause, long grantedBytes, int outOfMemoryKills, long largestSeenBytes, long presetBytes, long capBytes, SizingOptions? options = null)
    {
        if (cause != AttemptCause.OutOfMemory) return grantedBytes;
        options ??= SizingOptions.Default;
        return (long)Math.Ceiling(Next(grantedBytes, outOfMemoryKills, largestSeenBytes, presetBytes, capBytes, options));
    }

    internal static double Next(double granted, int kills, double largestSeen, double preset, double cap, SizingOptions options)
    {
        var next = Math.Max(granted * options.GrowthFactor, granted + options.MarginBytes);
        next = kills switch
        {
            <= 1 => Math.Max(next, largestSeen),
            2 => Math.Max(next, preset),
            _ => Math.Max(next, granted * 2),
        };
        return Math.Min(next, cap);
    }
}
