namespace Foreflow.Core.Forecasting.Intermittent;

/// <summary>An intermittent method after some observations.</summary>
internal interface IDemandState
{
    /// <summary>Expected demand a step.</summary>
    double Rate { get; }

    /// <summary>The method with its parameters, for people.</summary>
    string Description { get; }

    /// <summary>Takes the next observation; NaN where missing.</summary>
    void Step(double demand);

    /// <summary>An independent copy.</summary>
    IDemandState Clone();
}

/// <summary>Croston's state: smoothed size, smoothed interval, steps since the last demand.</summary>
internal sealed class CrostonState : IDemandState
{
    private readonly double _alpha;
    private readonly bool _corrected;
    private double _size;
    private double _interval;
    private int _sinceDemand = 1;

    public CrostonState(double alpha, bool corrected, ReadOnlySpan<double> series)
    {
        (_alpha, _corrected) = (alpha, corrected);
        var start = DemandStart.Of(series);
        (_size, _interval) = (start.Size, 1 / start.Probability);
    }

    private CrostonState(CrostonState other) =>
        (_alpha, _corrected, _size, _interval, _sinceDemand) =
        (other._alpha, other._corrected, other._size, other._interval, other._sinceDemand);

    public double Rate => (_corrected ? 1 - (_alpha / 2) : 1) * _size / _interval;

    public string Description =>
        FormattableString.Invariant($"{(_corrected ? "Syntetos-Boylan" : "Croston")}(α={_alpha:0.##}), a demand in {_interval:0.#} steps");

    public void Step(double demand)
    {
        // A missing step is no evidence of a longer interval.
        if (double.IsNaN(demand)) return;
        if (demand > 0)
        {
            _size += _alpha * (demand - _size);
            _interval += _alpha * (_sinceDemand - _interval);
            _sinceDemand = 0;
        }
        _sinceDemand++;
    }

    public IDemandState Clone() => new CrostonState(this);
}

/// <summary>The state of Teunter, Syntetos and Babai: smoothed size, smoothed chance of a demand.</summary>
internal sealed class TsbState : IDemandState
{
    private readonly double _alpha;
    private readonly double _beta;
    private double _size;
    private double _probability;

    public TsbState(double alpha, double beta, ReadOnlySpan<double> series)
    {
        (_alpha, _beta) = (alpha, beta);
        (_size, _probability) = DemandStart.Of(series);
    }

    private TsbState(TsbState other) =>
        (_alpha, _beta, _size, _probability) = (other._alpha, other._beta, other._size, other._probability);

    public double Rate => _probability * _size;

    public string Description =>
        FormattableString.Invariant($"TSB(α={_alpha:0.##}, β={_beta:0.##}), a demand with probability {_probability:0.##}");

    public void Step(double demand)
    {
        if (double.IsNaN(demand)) return;
        if (demand > 0) _size += _alpha * (demand - _size);
        _probability += _beta * ((demand > 0 ? 1 : 0) - _probability);
    }

    public IDemandState Clone() => new TsbState(this);
}

/// <summary>Where the smoothing starts: the mean size of the first demands and how often they came.</summary>
/// <param name="Size">Mean size of a demand.</param>
/// <param name="Probability">Share of steps with a demand, above 0.</param>
internal readonly record struct DemandStart(double Size, double Probability)
{
    private const int Demands = 5;

    public static DemandStart Of(ReadOnlySpan<double> series)
    {
        double sum = 0;
        int demands = 0, steps = 0, stepsToLast = 0;
        foreach (var value in series)
        {
            if (double.IsNaN(value)) continue;
            steps++;
            if (value == 0) continue;
            sum += value;
            stepsToLast = steps;
            if (++demands == Demands) break;
        }
        return new DemandStart(sum / demands, demands / (double)stepsToLast);
    }
}
