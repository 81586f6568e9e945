namespace Foreflow.Core.Forecasting.Theta;

/// <summary>Parameters of the dynamic optimised theta model.</summary>
/// <param name="Level">ℓ₀: level before the first observation.</param>
/// <param name="Alpha">α: share of an innovation that the level takes, 0 to 1.</param>
/// <param name="Theta">θ, 1 or more: curvature that the second theta line keeps; at 1 the trend counts for nothing.</param>
public readonly record struct ThetaParameters(double Level, double Alpha, double Theta);

/// <summary>
/// State of the dynamic optimised theta model: the smoothed level, and the straight line through all observations so far, both kept
/// up to date in O(1).
/// </summary>
/// <remarks>
/// Source: Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler (2016), "Models for optimising the theta method and their relationship
/// to state space models", the DOTM of section 2.
/// </remarks>
internal struct ThetaState(ThetaParameters parameters)
{
    private readonly double _trendShare = 1 - (1 / parameters.Theta);
    private readonly double _alpha = parameters.Alpha;
    private double _level = parameters.Level;
    private double _remaining = 1;
    private double _mean;
    private double _intercept;
    private double _slope;

    /// <summary>Observations taken.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// The same recursions, which are linear in the observations, from 0: what they make of an impulse is what an innovation does to
    /// the forecasts.
    /// </summary>
    public readonly ThetaState Homogeneous() => this with { _level = 0, _mean = 0, _intercept = 0, _slope = 0 };

    /// <summary>Expected value of the next observation.</summary>
    public readonly double Predict()
    {
        // (1−α)ᵗ of the intercept, and the sum of (1−α)ⁱ for i up to t of the slope.
        var sum = (1 - (_remaining * (1 - _alpha))) / _alpha;
        return _level + (_trendShare * ((_remaining * _intercept) + (sum * _slope)));
    }

    /// <summary>Takes the next observation; for a missing one, its expected value.</summary>
    public void Step(double observation)
    {
        var t = ++Count;
        if (t > 1) _slope = (((t - 2) * _slope) + (6.0 / t * (observation - _mean))) / (t + 1);
        _mean += (observation - _mean) / t;
        _intercept = _mean - ((t + 1) / 2.0 * _slope);
        _level += _alpha * (observation - _level);
        _remaining *= 1 - _alpha;
    }
}
