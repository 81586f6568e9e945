using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// The Kalman filter of an ARIMA model on the series itself, for any pattern of missing values. The state is Harvey's ARMA vector;
/// known past values are plain numbers, and each missing one that differencing still needs is one more unknown of the state.
/// </summary>
/// <remarks>
/// Sources: Harvey (1989), "Forecasting, Structural Time Series Models and the Kalman Filter", sections 3.2 and 3.4; Harvey and
/// Pierse (1984), "Estimating missing observations in economic time series"; Jones (1980) for the likelihood with missing values.
/// An update takes O(state) while the filter is steady (its covariance has converged and nothing needed is missing), else O(state²).
/// </remarks>
internal sealed class ArimaFilter
{
    /// <summary>Prior variance, in innovation variances, of a value missing before the filter starts.</summary>
    private const double DiffuseVariance = 1e7;

    /// <summary>Innovations less certain than this say where the series starts, not how it moves; the likelihood leaves them out.</summary>
    private const double DiffuseThreshold = 1e4;

    private const double SteadyTolerance = 1e-9;

    private readonly ArmaPolynomials _polynomials;
    private readonly double[] _differencing;
    private readonly int[] _differencingLags;
    private readonly double[] _state;
    private readonly double[] _past;
    private readonly List<long> _unknown = [];
    private SymmetricState? _covariance;
    private long _time;

    private ArimaFilter(ArmaPolynomials polynomials, double[] differencing, ReadOnlySpan<double> start)
    {
        _polynomials = polynomials;
        _differencing = differencing;
        _differencingLags = [.. Enumerable.Range(1, differencing.Length).Where(lag => differencing[lag - 1] != 0)];
        _state = new double[polynomials.StateLength];
        _past = start.ToArray();
        _time = start.Length;
    }

    private ArimaFilter(ArimaFilter other)
    {
        _polynomials = other._polynomials;
        _differencing = other._differencing;
        _differencingLags = other._differencingLags;
        _state = (double[])other._state.Clone();
        _past = (double[])other._past.Clone();
        _unknown = [.. other._unknown];
        _covariance = other._covariance?.Clone();
        _time = other._time;
    }

    /// <summary>Σ log Fₜ over the innovations counted.</summary>
    public double SumLogVariance { get; private set; }

    /// <summary>Σ vₜ²/Fₜ over the innovations counted.</summary>
    public double SumOfSquares { get; private set; }

    /// <summary>Innovations counted.</summary>
    public int Counted { get; private set; }

    /// <summary>The last innovation over the root of its variance; NaN where there was none or it was diffuse.</summary>
    public double LastStandardised { get; private set; } = double.NaN;

    /// <summary>True while the covariance has converged and no missing value is needed.</summary>
    public bool IsSteady => _covariance is null;

    /// <summary>A filter that has seen the first d + sD values and starts the ARMA part from its stationary distribution.</summary>
    /// <param name="series">The series with NaN where missing.</param>
    /// <param name="filled">The same with a guess where missing: where an unknown starts.</param>
    /// <returns>Null where the polynomials are not stationary.</returns>
    public static ArimaFilter? Start(ArmaPolynomials polynomials, ReadOnlySpan<double> series, ReadOnlySpan<double> filled)
    {
        var weights = Differencing.Weights(polynomials.Order);
        var column = ArmaAutocovariance.OfStateWithObservation(polynomials);
        if (column is null) return null;
        var filter = new ArimaFilter(polynomials, weights, filled[..weights.Length]);
        filter._covariance = SymmetricState.Stationary(polynomials, column);
        for (var t = 0; t < weights.Length; t++)
        {
            if (!double.IsNaN(series[t])) continue;
            filter._unknown.Add(t);
            filter._covariance.AppendIndependent(DiffuseVariance);
        }
        return filter;
    }

    /// <summary>A steady filter in a known state, at the end of a complete series.</summary>
    public static ArimaFilter Steady(ArmaPolynomials polynomials, ReadOnlySpan<double> series, ReadOnlySpan<double> state)
    {
        var weights = Differencing.Weights(polynomials.Order);
        var filter = new ArimaFilter(polynomials, weights, series[^weights.Length..]) { _time = series.Length };
        // The ring is addressed by time: bring the last values to their places.
        for (var k = 1; k <= weights.Length; k++) filter._past[filter.Slot(series.Length - k)] = series[^k];
        state.CopyTo(filter._state);
        return filter;
    }

    public ArimaFilter Clone() => new(this);

    /// <summary>Takes the next observation, NaN where missing.</summary>
    public void Step(double observation)
    {
        if (_covariance is null && !double.IsNaN(observation)) StepSteadily(observation);
        else StepUncertainly(observation, _covariance ??= SymmetricState.Converged(_polynomials));
    }

    /// <summary>Nothing but the next innovation is unknown: the difference equation.</summary>
    private void StepSteadily(double observation)
    {
        var innovation = observation - Predict();
        Count(innovation, 1);
        AdvanceState(_state[0] + innovation, innovation);
        Remember(observation);
        _time++;
    }

    private void StepUncertainly(double observation, SymmetricState covariance)
    {
        var prediction = Predict();
        var (gain, variance) = covariance.Observe(Loading());
        if (double.IsNaN(observation))
        {
            LastStandardised = double.NaN;
            if (_past.Length > 0)
            {
                covariance.Append(gain, variance);
                _unknown.Add(_time);
                Remember(prediction);
            }
            gain = new double[covariance.Length];
        }
        else
        {
            Correct(observation - prediction, gain, variance);
            Remember(observation);
        }
        AdvanceState(_state[0], 0);
        covariance.Advance(_polynomials, gain, variance);
        _time++;
        Forget(covariance);
    }

    private void Remember(double value)
    {
        if (_past.Length > 0) _past[Slot(_time)] = value;
    }

    /// <summary>Expected value of the next observation.</summary>
    private double Predict()
    {
        var prediction = _polynomials.Constant + _state[0];
        foreach (var lag in _differencingLags) prediction += _differencing[lag - 1] * _past[Slot(_time - lag)];
        return prediction;
    }

    /// <summary>How the next observation depends on each element of the state.</summary>
    private double[] Loading()
    {
        var loading = new double[_state.Length + _unknown.Count];
        loading[0] = 1;
        for (var k = 0; k < _unknown.Count; k++) loading[_state.Length + k] = _differencing[_time - _unknown[k] - 1];
        return loading;
    }

    private void Correct(double innovation, double[] gain, double variance)
    {
        for (var i = 0; i < _state.Length; i++) _state[i] += gain[i] * innovation / variance;
        for (var k = 0; k < _unknown.Count; k++)
            _past[Slot(_unknown[k])] += gain[_state.Length + k] * innovation / variance;
        Count(innovation, variance);
    }

    private void Count(double innovation, double variance)
    {
        LastStandardised = double.NaN;
        if (variance > DiffuseThreshold) return;
        LastStandardised = innovation / Math.Sqrt(variance);
        SumLogVariance += Math.Log(variance);
        SumOfSquares += innovation * innovation / variance;
        Counted++;
    }

    /// <summary>Moves the ARMA vector one step: a shift, φ times the present value, and θ times its innovation where that is exact.</summary>
    private void AdvanceState(double value, double innovation)
    {
        _state.AsSpan(1).CopyTo(_state);
        _state[^1] = 0;
        foreach (var lag in _polynomials.AutoregressiveLags) _state[lag - 1] += _polynomials.Autoregressive[lag - 1] * value;
        if (innovation == 0) return;
        foreach (var lag in _polynomials.MovingAverageLags) _state[lag - 1] += _polynomials.MovingAverage[lag - 1] * innovation;
    }

    /// <summary>Drops unknowns that no difference reaches any more, and the covariance itself once it has converged.</summary>
    private void Forget(SymmetricState covariance)
    {
        while (_unknown.Count > 0 && _time - _unknown[0] > _differencing.Length)
        {
            _unknown.RemoveAt(0);
            covariance.RemoveAt(_state.Length);
        }
        if (_unknown.Count == 0 && covariance.ExcessOver(_polynomials) < SteadyTolerance) _covariance = null;
    }

    private int Slot(long time) => (int)(time % _past.Length);

    /// <summary>
    /// Means, and variances in innovation variances, of the next observations given all so far.
    /// </summary>
    public void Forecast(Span<double> means, Span<double> variances)
    {
        Means(means);
        var horizon = means.Length;
        var impulse = ImpulseResponse(horizon);
        var psi = MovingAverageOf(impulse);
        double[][] missing = [.. _unknown.Select(time => ResponseToLevel((int)(_time - time), horizon))];
        double future = 0;
        for (var h = 0; h < horizon; h++)
        {
            // What is unknown now, plus the innovations after the next one; that one is part of the state already.
            variances[h] = future + (_covariance is null ? psi[h] * psi[h] : _covariance.Form(Response(impulse, missing, h)));
            future += psi[h] * psi[h];
        }
    }

    private void Means(Span<double> means)
    {
        var (p, horizon) = (_polynomials.Autoregressive.Length, means.Length);
        var levels = new double[_past.Length + horizon];
        for (var k = 1; k <= _past.Length; k++) levels[_past.Length - k] = _past[Slot(_time - k)];
        var differenced = new double[horizon];
        for (var h = 0; h < horizon; h++)
        {
            if (h < _state.Length) differenced[h] = _state[h];
            foreach (var lag in _polynomials.AutoregressiveLags)
            {
                if (lag > h || lag > p) break;
                differenced[h] += _polynomials.Autoregressive[lag - 1] * differenced[h - lag];
            }
            var level = _polynomials.Constant + differenced[h];
            foreach (var lag in _differencingLags) level += _differencing[lag - 1] * levels[_past.Length + h - lag];
            means[h] = levels[_past.Length + h] = level;
        }
    }

    /// <summary>Coefficients of 1 / (φ(B)Φ(Bˢ)(1−B)ᵈ(1−Bˢ)ᴰ): how a unit added to the differenced series shows h steps later.</summary>
    private double[] ImpulseResponse(int horizon)
    {
        var response = new double[horizon];
        if (horizon > 0) response[0] = 1;
        Recur(response, _polynomials.AutoregressiveLags, _polynomials.Autoregressive);
        Recur(response, _differencingLags, _differencing);
        return response;
    }

    private double[] MovingAverageOf(double[] impulse)
    {
        var psi = (double[])impulse.Clone();
        foreach (var lag in _polynomials.MovingAverageLags)
        {
            for (var h = lag; h < psi.Length; h++) psi[h] += _polynomials.MovingAverage[lag - 1] * impulse[h - lag];
        }
        return psi;
    }

    /// <summary>How the observation h + 1 steps ahead depends on each element of the present state.</summary>
    private double[] Response(double[] impulse, double[][] missing, int h)
    {
        var row = new double[_state.Length + missing.Length];
        for (var i = 0; i <= Math.Min(h, _state.Length - 1); i++) row[i] = impulse[h - i];
        for (var k = 0; k < missing.Length; k++) row[_state.Length + k] = missing[k][h];
        return row;
    }

    /// <summary>How the observations to come depend on a past level, which reaches them through the differencing alone.</summary>
    private double[] ResponseToLevel(int age, int horizon)
    {
        var response = new double[horizon];
        for (var h = 0; h < horizon && h + age <= _differencing.Length; h++) response[h] = _differencing[h + age - 1];
        Recur(response, _differencingLags, _differencing);
        return response;
    }

    private static void Recur(double[] response, int[] lags, double[] weights)
    {
        for (var h = 1; h < response.Length; h++)
        {
            foreach (var lag in lags)
            {
                if (lag > h) break;
                response[h] += weights[lag - 1] * response[h - lag];
            }
        }
    }
}
