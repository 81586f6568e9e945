namespace Foreflow.Core.Forecasting.Ets;

/// <summary>Smoothing parameters of an ETS model.</summary>
/// <param name="Alpha">Share of an innovation that the level takes, 0 to 1.</param>
/// <param name="Beta">Share that the slope takes, 0 to α; 0 without trend.</param>
/// <param name="Gamma">Share that the season takes, 0 to 1 − α; 0 without season.</param>
/// <param name="Phi">Share of the slope kept each step, 0.8 to 0.98; 1 where nothing is damped.</param>
public readonly record struct EtsSmoothing(double Alpha, double Beta, double Gamma, double Phi);

/// <summary>Level, slope and season of an ETS model after some observations. Each observation takes O(1).</summary>
/// <remarks>
/// Source: Hyndman, Koehler, Ord and Snyder (2008), table 2.3. Written with the observation rather than the innovation, the
/// recursions are the same for additive and multiplicative innovations: those differ only in what the likelihood is of.
/// </remarks>
internal sealed class EtsState
{
    private readonly EtsForm _form;
    private readonly double[] _season;
    private EtsSmoothing _smoothing;
    private double _level;
    private double _slope;
    private int _phase;

    public EtsState(EtsForm form)
    {
        _form = form;
        _season = new double[form.HasSeason ? form.Period : 0];
    }

    private EtsState(EtsState other)
        : this(other._form)
    {
        other._season.CopyTo(_season, 0);
        (_smoothing, _level, _slope, _phase) = (other._smoothing, other._level, other._slope, other._phase);
    }

    public EtsSmoothing Smoothing => _smoothing;

    public EtsState Clone() => new(this);

    /// <summary>Starts over.</summary>
    /// <param name="season">Seasonal states, element 0 for the first observation to come.</param>
    public void Reset(EtsSmoothing smoothing, double level, double slope, ReadOnlySpan<double> season)
    {
        (_smoothing, _level, _slope, _phase) = (smoothing, level, slope, 0);
        season.CopyTo(_season);
    }

    /// <summary>Expected value of the next observation.</summary>
    public double Predict()
    {
        var trend = _level + (_smoothing.Phi * _slope);
        return _form.Season switch
        {
            EtsKind.Additive => trend + _season[_phase],
            EtsKind.Multiplicative => trend * _season[_phase],
            _ => trend,
        };
    }

    /// <summary>Takes the next observation. A missing one moves the state as one that was just as predicted.</summary>
    public void Step(double observation)
    {
        var (alpha, beta, gamma, phi) = _smoothing;
        var slope = phi * _slope;
        var trend = _level + slope;
        if (double.IsNaN(observation))
        {
            (_level, _slope) = (trend, slope);
            NextPhase();
            return;
        }
        var adjusted = observation;
        if (_form.Season == EtsKind.Additive)
        {
            adjusted -= _season[_phase];
            _season[_phase] += gamma * (observation - trend - _season[_phase]);
        }
        else if (_form.Season == EtsKind.Multiplicative)
        {
            // Fitted to positive values only; what comes later may be anything, and must not turn the season over.
            adjusted /= _season[_phase];
            if (trend > 0 && observation >= 0) _season[_phase] += gamma * ((observation / trend) - _season[_phase]);
        }
        var surprise = adjusted - trend;
        _level = trend + (alpha * surprise);
        _slope = slope + (beta * surprise);
        NextPhase();
    }

    /// <summary>The next means, split into what the trend and what the season gives (1 or 0 without season).</summary>
    public void Forecast(Span<double> trend, Span<double> season)
    {
        var (level, slope) = (_level, _slope);
        for (var h = 0; h < trend.Length; h++)
        {
            slope *= _smoothing.Phi;
            level += slope;
            trend[h] = level;
            season[h] = _form.HasSeason ? _season[(_phase + h) % _season.Length] : 0;
        }
    }

    private void NextPhase()
    {
        if (_season.Length > 0 && ++_phase == _season.Length) _phase = 0;
    }
}
