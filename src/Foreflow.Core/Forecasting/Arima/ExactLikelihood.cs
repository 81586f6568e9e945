using System.Numerics;
using System.Runtime.InteropServices;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// The exact Gaussian likelihood of a stationary ARMA process on a complete series, by the Kalman filter in O(n·r) for a state of
/// length r.
/// </summary>
/// <remarks>
/// The state is that of Harvey, the start its stationary distribution, as in Gardner, Harvey and Phillips (1980), algorithm AS 154.
/// The covariance matrix itself is never formed: between steps it changes by a matrix of rank one, and the Chandrasekhar recursions
/// carry that vector and a scalar instead, as in Pearlman (1980), "An algorithm for the exact likelihood of a high-order
/// autoregressive-moving average process", and Mélard (1984), algorithm AS 197. For a seasonal model of period 24 that is some thirty
/// times less work. Once the prediction variance has converged the innovations follow the difference equation alone ("quick
/// recursions").
/// </remarks>
internal sealed class ExactLikelihood
{
    /// <summary>The prediction variance, relative to the innovations', at which the filter counts as converged.</summary>
    private const double ConvergedVariance = 1 + 1e-11;

    private readonly ArmaPolynomials _polynomials;
    private readonly double[] _state;
    private readonly double[] _increment;
    private readonly double[] _gain;
    private readonly int _length;

    public ExactLikelihood(ArmaPolynomials polynomials, int observations)
    {
        _polynomials = polynomials;
        // One vector's width of zeros behind the state lets the inner loop run in whole vectors.
        _length = polynomials.StateLength + Vector<double>.Count;
        _state = new double[observations + _length];
        _increment = new double[observations + _length];
        _gain = new double[_length];
    }

    /// <summary>
    /// Runs the filter. Fills <paramref name="standardised"/> with innovations over the root of their relative variance.
    /// </summary>
    /// <param name="series">The stationary series, without missing values.</param>
    /// <param name="sumLogVariance">Σ log Fₜ of the relative prediction variances.</param>
    /// <returns>False where the parameters are outside the stationary region or the filter lost its precision.</returns>
    public bool TryInnovations(ReadOnlySpan<double> series, Span<double> standardised, out double sumLogVariance)
    {
        sumLogVariance = 0;
        if (!TryStart(out var variance)) return false;
        var incrementWeight = -1 / variance;
        var constant = _polynomials.Constant;
        var vectors = (_polynomials.StateLength + Vector<double>.Count - 1) / Vector<double>.Count;
        for (var t = 0; t < series.Length; t++)
        {
            if (variance < ConvergedVariance)
            {
                Quick(series, standardised, t);
                return true;
            }
            var innovation = series[t] - constant - _state[t];
            standardised[t] = innovation / Math.Sqrt(variance);
            sumLogVariance += Math.Log(variance);

            var leading = _increment[t];
            AddAutoregression(_state, t);
            AddAutoregression(_increment, t);
            Advance(t + 1, vectors, innovation / variance, leading / variance, incrementWeight * leading);

            var next = variance + (incrementWeight * leading * leading);
            if (!(next > 0.5)) return false; // true values never fall below 1: precision is gone
            incrementWeight *= variance / next;
            variance = next;
        }
        return true;
    }

    /// <summary>The predicted state after that many observations of the last run.</summary>
    public ReadOnlySpan<double> StateAt(int observations) => _state.AsSpan(observations, _polynomials.StateLength);

    private bool TryStart(out double variance)
    {
        variance = 1;
        var column = ArmaAutocovariance.OfStateWithObservation(_polynomials);
        if (column is null || !double.IsFinite(column[0])) return false;

        // T·P₁·Zᵀ: both the first gain and the first increment.
        variance = column[0];
        Array.Clear(_gain);
        column.AsSpan(1).CopyTo(_gain);
        foreach (var lag in _polynomials.AutoregressiveLags)
            _gain[lag - 1] += _polynomials.Autoregressive[lag - 1] * variance;
        Array.Clear(_state);
        Array.Clear(_increment);
        _gain.CopyTo(_increment, 0);
        return true;
    }

    /// <summary>
    /// The companion matrix shifts a vector up and adds φ times its first element. The shift is done by letting the vector start one
    /// place later in its array; this adds the rest.
    /// </summary>
    private void AddAutoregression(double[] vector, int at)
    {
        var first = vector[at];
        var phi = _polynomials.Autoregressive;
        foreach (var lag in _polynomials.AutoregressiveLags) vector[at + lag] += phi[lag - 1] * first;
    }

    /// <summary>state += gain·a; (increment, gain) := (increment − gain·b, gain + increment·c).</summary>
    private void Advance(int at, int vectors, double a, double b, double c)
    {
        var length = vectors * Vector<double>.Count;
        var state = MemoryMarshal.Cast<double, Vector<double>>(_state.AsSpan(at, length));
        var increment = MemoryMarshal.Cast<double, Vector<double>>(_increment.AsSpan(at, length));
        var gain = MemoryMarshal.Cast<double, Vector<double>>(_gain.AsSpan(0, length));
        var (va, vb, vc) = (new Vector<double>(a), new Vector<double>(b), new Vector<double>(c));
        for (var i = 0; i < gain.Length && i < state.Length && i < increment.Length; i++)
        {
            var (g, l) = (gain[i], increment[i]);
            state[i] += g * va;
            increment[i] = l - (g * vb);
            gain[i] = g + (l * vc);
        }
    }

    /// <summary>The rest of the series once the prediction variance is the innovations' own.</summary>
    private void Quick(ReadOnlySpan<double> series, Span<double> standardised, int start)
    {
        var (phi, theta) = (_polynomials.Autoregressive, _polynomials.MovingAverage);
        var (arLags, maLags) = (_polynomials.AutoregressiveLags, _polynomials.MovingAverageLags);
        var constant = _polynomials.Constant;
        for (var t = start; t < series.Length; t++)
        {
            var value = series[t] - constant;
            var innovation = value - _state[t];
            standardised[t] = innovation;
            foreach (var lag in arLags) _state[t + lag] += phi[lag - 1] * value;
            foreach (var lag in maLags) _state[t + lag] += theta[lag - 1] * innovation;
        }
    }
}
