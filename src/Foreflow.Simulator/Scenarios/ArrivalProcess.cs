using Foreflow.Core.Model;

namespace Foreflow.Simulator.Scenarios;

/// <summary>When runs of a workflow arrive.</summary>
public abstract record ArrivalProcess
{
    /// <summary>Arrivals in [<paramref name="from"/>, <paramref name="until"/>), in order; <see cref="Instant.Never"/> as end where the process is finite.</summary>
    /// <param name="seed">Seed of this workflow's stream.</param>
    public abstract IEnumerable<Instant> Between(Instant from, Instant until, ulong seed);

    /// <summary>True when arrivals end by themselves.</summary>
    public virtual bool IsFinite => false;

    /// <summary>The seed that arrivals draw from: apart from all that is drawn for the runs, whose seeds come from the same stream.</summary>
    private protected static ulong Apart(ulong seed) => Draw.Mix(seed, 0xA881_7A15);
}

/// <summary>Independent gaps of one distribution: exponential gaps are a Poisson process, fixed ones a clock.</summary>
public sealed record RenewalArrivals(TimeDistribution Gap) : ArrivalProcess
{
    /// <inheritdoc/>
    public override IEnumerable<Instant> Between(Instant from, Instant until, ulong seed)
    {
        seed = Apart(seed);
        var at = 0.0;
        for (ulong n = 0; ; n++)
        {
            at += Gap.Seconds(Draw.Mix(seed, n));
            var instant = from + TimeSpan.FromTicks((long)(at * TimeSpan.TicksPerSecond));
            if (instant >= until) yield break;
            yield return instant;
        }
    }
}

/// <summary>A sine of a period on top of the mean rate.</summary>
/// <param name="PeriodSeconds">Length of the season.</param>
/// <param name="Amplitude">Height as a share of the mean rate, 0 to 1.</param>
/// <param name="PhaseSeconds">When, after the start, the sine rises through its mean.</param>
public readonly record struct SeasonalWave(double PeriodSeconds, double Amplitude, double PhaseSeconds);

/// <summary>A Poisson process whose rate has seasons (thinning, Lewis and Shedler 1979).</summary>
/// <param name="RatePerSecond">Mean rate.</param>
/// <param name="Waves">Seasons; their amplitudes add up. A rate below zero counts as zero.</param>
/// <param name="Start">Start of the scenario: phases count from here.</param>
public sealed record SeasonalArrivals(double RatePerSecond, SeasonalWave[] Waves, Instant Start) : ArrivalProcess
{
    /// <inheritdoc/>
    public override IEnumerable<Instant> Between(Instant from, Instant until, ulong seed)
    {
        seed = Apart(seed);
        var most = RatePerSecond * (1 + Waves.Sum(w => Math.Abs(w.Amplitude)));
        var at = (from - Start).TotalSeconds;
        for (ulong n = 0; ; n++)
        {
            at -= Math.Log(1 - Draw.Uniform(seed, n, 0)) / most;
            var instant = Start + TimeSpan.FromTicks((long)(at * TimeSpan.TicksPerSecond));
            if (instant >= until) yield break;
            if (Draw.Uniform(seed, n, 1) * most < RateAt(at)) yield return instant;
        }
    }

    private double RateAt(double seconds)
    {
        var factor = 1.0;
        foreach (var wave in Waves) factor += wave.Amplitude * Math.Sin(2 * Math.PI * (seconds - wave.PhaseSeconds) / wave.PeriodSeconds);
        return Math.Max(0, RatePerSecond * factor);
    }
}

/// <summary>Counts per bucket, as a log gives them; within a bucket arrivals are spread at random.</summary>
/// <param name="Counts">Arrivals in each bucket, the first of which begins with the scenario; NaN counts as 0.</param>
/// <param name="Step">Width of a bucket.</param>
/// <param name="Scale">What counts are multiplied by; the fraction left is drawn.</param>
/// <param name="Start">Start of the scenario.</param>
public sealed record CountedArrivals(double[] Counts, TimeSpan Step, double Scale, Instant Start) : ArrivalProcess
{
    /// <inheritdoc/>
    public override bool IsFinite => true;

    /// <inheritdoc/>
    public override IEnumerable<Instant> Between(Instant from, Instant until, ulong seed)
    {
        seed = Apart(seed);
        for (var b = (int)Math.Max(0, (from - Start).Ticks / Step.Ticks); b < Counts.Length; b++)
        {
            var open = Start + (Step * b);
            if (open >= until) yield break;
            var wanted = double.IsNaN(Counts[b]) ? 0 : Counts[b] * Scale;
            var count = (int)wanted + (Draw.Uniform(seed, (ulong)b, ulong.MaxValue) < wanted - Math.Floor(wanted) ? 1 : 0);
            if (count <= 0) continue;
            var ticks = new long[count];
            for (var i = 0; i < count; i++) ticks[i] = open.Ticks + (long)(Draw.Uniform(seed, (ulong)b, (ulong)i) * Step.Ticks);
            Array.Sort(ticks);
            foreach (var tick in ticks)
                if (tick >= from.Ticks && tick < until.Ticks) yield return new Instant(tick);
        }
    }
}

/// <summary>Arrivals at given times, as a trace has them.</summary>
/// <param name="Times">In order.</param>
public sealed record TracedArrivals(Instant[] Times) : ArrivalProcess
{
    /// <inheritdoc/>
    public override bool IsFinite => true;

    /// <inheritdoc/>
    public override IEnumerable<Instant> Between(Instant from, Instant until, ulong seed) => Times.Where(t => t >= from && t < until);
}
