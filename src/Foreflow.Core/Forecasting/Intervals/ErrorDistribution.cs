namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>
/// The distribution of errors in units of their <see cref="ErrorScale"/>, from the newest errors out of sample. Both sides
/// share one shape, each with a size of its own as far as the errors show that they differ.
/// </summary>
/// <remarks>
/// The quantile with (n + 1) in place of n is the conformal one: Vovk, Gammerman and Shafer (2005), "Algorithmic learning in a
/// random world", chapter 2.
/// </remarks>
internal sealed class ErrorDistribution
{
    private readonly double _degreesOfFreedom;
    private readonly ErrorVolatility _volatility;
    private readonly double _above;
    private readonly double _below;
    private readonly List<double> _ascending;
    private readonly Queue<double> _byAge;

    /// <param name="scaledErrors">Actual less forecast over its scale, oldest first; without NaN.</param>
    /// <param name="degreesOfFreedom">Independent stretches they were observed over.</param>
    /// <param name="volatility">How much the size of errors moves from the stretch observed to the one to come.</param>
    public ErrorDistribution(IReadOnlyList<double> scaledErrors, double degreesOfFreedom, ErrorVolatility volatility)
    {
        (_degreesOfFreedom, _volatility) = (degreesOfFreedom, volatility);
        (_above, _below) = Sides(scaledErrors, degreesOfFreedom);
        _byAge = new Queue<double>(scaledErrors.Select(Symmetric));
        _ascending = [.. _byAge.Order()];
    }

    private ErrorDistribution(ErrorDistribution other)
    {
        (_degreesOfFreedom, _volatility, _above, _below) = (other._degreesOfFreedom, other._volatility, other._above, other._below);
        _byAge = new Queue<double>(other._byAge);
        _ascending = [.. other._ascending];
    }

    /// <summary>An independent copy.</summary>
    public ErrorDistribution Clone() => new(this);

    /// <summary>Takes a new error in and lets the oldest go.</summary>
    public void Replace(double scaledError)
    {
        var oldest = _byAge.Dequeue();
        var symmetric = Symmetric(scaledError);
        _byAge.Enqueue(symmetric);
        _ascending.RemoveAt(_ascending.BinarySearch(oldest));
        var place = _ascending.BinarySearch(symmetric);
        _ascending.Insert(place < 0 ? ~place : place, symmetric);
    }

    /// <summary>Distance from the forecast to the ends of the central interval that is missed with a given probability.</summary>
    /// <returns>Distances below and above, both not negative, in units of the scale; they shrink as the miss rate grows.</returns>
    public (double Below, double Above) Reach(double missRate)
    {
        var symmetric = UpperQuantile(missRate) * _volatility.Factor(missRate, StudentInflation.Factor(missRate, _degreesOfFreedom));
        return (symmetric * _below, symmetric * _above);
    }

    private double Symmetric(double scaledError) => scaledError >= 0 ? scaledError / _above : -scaledError / _below;

    private double UpperQuantile(double missRate)
    {
        var count = _ascending.Count;
        var position = ((1 - missRate) * (count + 1)) - 1;
        if (position <= 0) return _ascending[0] * Math.Max(0, 1 + position);
        var index = (int)position;
        if (index < count - 1) return _ascending[index] + ((position - index) * (_ascending[index + 1] - _ascending[index]));

        // Beyond the largest error seen the tail goes on as an exponential one would.
        var tenth = _ascending[(int)(0.9 * (count - 1))];
        var rate = (_ascending[^1] - tenth) / Math.Log(Math.Max(2, 0.1 * (count + 1)));
        return _ascending[^1] + (rate * Math.Log(Math.Max(1, 1 / (Math.Max(missRate, 1e-9) * (count + 1)))));
    }

    /// <summary>
    /// Sizes of the two sides relative to both together. Their log ratio is shrunk towards 0 by what chance alone would make
    /// of it (James and Stein, 1961): small differences vanish, counts that can only err upwards keep theirs.
    /// </summary>
    private static (double Above, double Below) Sides(IReadOnlyList<double> errors, double degreesOfFreedom)
    {
        double above = 0, below = 0;
        int countAbove = 0, countBelow = 0;
        foreach (var error in errors)
        {
            if (error > 0) (above, countAbove) = (above + (error * error), countAbove + 1);
            if (error < 0) (below, countBelow) = (below + (error * error), countBelow + 1);
        }
        if (countAbove == 0 || countBelow == 0) return (1, 1);

        var logRatio = Math.Log(above / countAbove / (below / countBelow)) / 2;
        var chance = 2 / Math.Max(1, degreesOfFreedom);
        var kept = Math.Max(0, 1 - (chance / Math.Max(1e-12, logRatio * logRatio)));
        var half = Math.Clamp(kept * logRatio / 2, -1, 1);
        return (Math.Exp(half), Math.Exp(-half));
    }
}
