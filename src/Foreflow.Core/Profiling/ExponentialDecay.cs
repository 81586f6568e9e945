using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling;

/// <summary>
/// Forward exponential decay (Cormode et al. 2009): an observation at time t weighs 2^((t − landmark) / half-life).
/// Old weights are never touched, so an update is O(1); only ratios of weights mean anything.
/// </summary>
/// <remarks>
/// What a half-life of 24 h does, as a share of an observation of now:
/// <code>
///   1 h   97 %      24 h  50 %      3 days  12.5 %      7 days  0.8 %
/// </code>
/// The landmark is always a whole number of half-lives after the epoch: moving it multiplies every weight by a power
/// of two, which is exact, and two decays of one half-life differ by a power of two, so merging is exact too.
/// </remarks>
public readonly record struct ExponentialDecay
{
    /// <summary>24 hours: yesterday counts half.</summary>
    public static readonly TimeSpan DefaultHalfLife = TimeSpan.FromHours(24);

    /// <summary>Weights stay below 2^this before the landmark moves; a double holds up to 2^1023.</summary>
    private const int MaxExponent = 100;

    /// <summary>A decay with a landmark at the epoch.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The half-life is not positive.</exception>
    public ExponentialDecay(TimeSpan halfLife) : this(halfLife, 0) { }

    internal ExponentialDecay(TimeSpan halfLife, long landmark)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(halfLife, TimeSpan.Zero);
        HalfLife = halfLife;
        Landmark = landmark;
    }

    /// <summary>Time in which an observation's weight halves.</summary>
    public TimeSpan HalfLife { get; }

    /// <summary>The landmark, in half-lives after the epoch.</summary>
    public long Landmark { get; }

    /// <summary>The weight of an observation at this time, relative to the landmark.</summary>
    public double WeightAt(Instant at)
    {
        // Split first: half-lives as one double would lose precision for instants far from the epoch.
        var whole = Math.DivRem(at.Ticks, HalfLife.Ticks, out var rest);
        return Math.Pow(2, whole - Landmark + (double)rest / HalfLife.Ticks);
    }

    /// <summary>
    /// The decay to use for an observation at this time: this one, or one with a later landmark where weights would grow
    /// too large. <paramref name="factor"/> is what existing weights must be multiplied by; 1 where nothing moved.
    /// </summary>
    internal ExponentialDecay Covering(Instant at, out double factor)
    {
        var halfLives = at.Ticks / HalfLife.Ticks;
        if (halfLives - Landmark <= MaxExponent)
        {
            factor = 1;
            return this;
        }

        return MovedTo(halfLives, out factor);
    }

    /// <summary>This decay with its landmark moved; <paramref name="factor"/> multiplies existing weights.</summary>
    internal ExponentialDecay MovedTo(long landmark, out double factor)
    {
        factor = Math.ScaleB(1, (int)Math.Clamp(Landmark - landmark, -2000, 2000));
        return new ExponentialDecay(HalfLife, landmark);
    }
}
