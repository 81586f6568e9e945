using Foreflow.Core.Model;
using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Foreflow.Simulator.Scenarios;

/// <summary>
/// How long something takes. A draw is a function of a hash of what it is for, so that every policy meets the same
/// times, whatever order it serves tasks in.
/// </summary>
public abstract record TimeDistribution
{
    /// <summary>Mean, in seconds.</summary>
    public abstract double MeanSeconds { get; }

    /// <summary>The time, in seconds, that belongs to a hash; not negative.</summary>
    public abstract double Seconds(ulong hash);

    /// <summary>Always the same time.</summary>
    public static TimeDistribution Fixed(double seconds) => new FixedTime(seconds);
}

/// <summary>Always the same time.</summary>
public sealed record FixedTime(double MeanSecondsFixed) : TimeDistribution
{
    /// <inheritdoc/>
    public override double MeanSeconds => MeanSecondsFixed;

    /// <inheritdoc/>
    public override double Seconds(ulong hash) => MeanSecondsFixed;
}

/// <summary>Exponential: without memory, coefficient of variation 1.</summary>
public sealed record ExponentialTime(double Mean) : TimeDistribution
{
    /// <inheritdoc/>
    public override double MeanSeconds => Mean;

    /// <inheritdoc/>
    public override double Seconds(ulong hash) => -Mean * Math.Log(1 - Draw.Uniform(hash));
}

/// <summary>Log-normal, as most run times are.</summary>
public sealed record LogNormalTime : TimeDistribution
{
    private readonly double _mu;
    private readonly double _sigma;

    /// <summary>A log-normal time.</summary>
    /// <param name="mean">Mean, in seconds.</param>
    /// <param name="cv">Standard deviation over mean.</param>
    public LogNormalTime(double mean, double cv)
    {
        MeanSeconds = mean;
        _sigma = Math.Sqrt(Math.Log(1 + (cv * cv)));
        _mu = mean > 0 ? Math.Log(mean) - (_sigma * _sigma / 2) : double.NegativeInfinity;
    }

    /// <inheritdoc/>
    public override double MeanSeconds { get; }

    /// <inheritdoc/>
    public override double Seconds(ulong hash) => Math.Exp(_mu + (_sigma * Normal.InvCDF(0, 1, Math.Max(Draw.Uniform(hash), 1e-17))));
}

/// <summary>Uniform between two bounds.</summary>
public sealed record UniformTime(double Least, double Most) : TimeDistribution
{
    /// <inheritdoc/>
    public override double MeanSeconds => (Least + Most) / 2;

    /// <inheritdoc/>
    public override double Seconds(ulong hash) => Least + ((Most - Least) * Draw.Uniform(hash));
}

/// <summary>Erlang: the sum of equal exponential phases, coefficient of variation 1/sqrt(phases).</summary>
public sealed record ErlangTime(double Mean, int Phases) : TimeDistribution
{
    /// <summary>Sets the draws of the phases apart from others that come from the same hash.</summary>
    private const ulong Phase = 0xE12A << 32;

    /// <inheritdoc/>
    public override double MeanSeconds => Mean;

    /// <inheritdoc/>
    public override double Seconds(ulong hash)
    {
        var sum = 0.0;
        for (var i = 0; i < Phases; i++) sum -= Math.Log(1 - Draw.Uniform(Draw.Mix(hash, (ulong)i + Phase)));
        return sum * Mean / Phases;
    }
}

/// <summary>One of two exponentials with balanced means: coefficient of variation above 1.</summary>
public sealed record HyperexponentialTime : TimeDistribution
{
    private readonly double _share;

    /// <summary>A hyperexponential time.</summary>
    /// <param name="mean">Mean, in seconds.</param>
    /// <param name="cv">Standard deviation over mean; at least 1.</param>
    public HyperexponentialTime(double mean, double cv)
    {
        MeanSeconds = mean;
        var squared = cv * cv;
        _share = (1 + Math.Sqrt((squared - 1) / (squared + 1))) / 2;
    }

    /// <inheritdoc/>
    public override double MeanSeconds { get; }

    /// <inheritdoc/>
    public override double Seconds(ulong hash)
    {
        var share = Draw.Uniform(hash) < _share ? _share : 1 - _share;
        return -MeanSeconds / (2 * share) * Math.Log(1 - Draw.Uniform(Draw.Mix(hash)));
    }
}

/// <summary>Weibull: shape below 1 has a heavy tail, above 1 wears out.</summary>
public sealed record WeibullTime(double Mean, double Shape) : TimeDistribution
{
    private readonly double _scale = Mean / SpecialFunctions.Gamma(1 + (1 / Shape));

    /// <inheritdoc/>
    public override double MeanSeconds => Mean;

    /// <inheritdoc/>
    public override double Seconds(ulong hash) => _scale * Math.Pow(-Math.Log(1 - Draw.Uniform(hash)), 1 / Shape);
}

/// <summary>Pareto: a power-law tail.</summary>
public sealed record ParetoTime(double Mean, double Shape) : TimeDistribution
{
    private readonly double _least = Mean * (Shape - 1) / Shape;

    /// <inheritdoc/>
    public override double MeanSeconds => Mean;

    /// <inheritdoc/>
    public override double Seconds(ulong hash) => _least * Math.Pow(1 - Draw.Uniform(hash), -1 / Shape);
}

/// <summary>One of the given times, each as likely as the others.</summary>
public sealed record EmpiricalTime(double[] Values) : TimeDistribution
{
    private readonly double _mean = Values.Average();

    /// <inheritdoc/>
    public override double MeanSeconds => _mean;

    /// <inheritdoc/>
    public override double Seconds(ulong hash) => Values[(int)(Draw.Uniform(hash) * Values.Length)];
}
