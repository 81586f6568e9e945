namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>Level and spread of one window: everything the network sees of it is measured in these units.</summary>
internal readonly record struct WindowScale(double Level, double Spread)
{
    public double Normalize(double value) => (value - Level) / Spread;

    public double Restore(double output) => Level + (Spread * output);
}

/// <summary>
/// What a network sees of a series at an origin (the position of the first value that is not known yet).
/// Of each step of the window: the value, its change since each season ago, whether it is a substitute, and its phase in the shortest season.
/// Of each step ahead: how far ahead it is, the newest value (plain and fading), and for each season the values of the same phase in the
/// last seasons, how far the recent past has moved away from the season before (plain and fading at two rates), and the phase.
/// </summary>
internal sealed class WindowFeatures
{
    // What the recent past adds to a step ahead fades: half as much after 2 steps, and after 10.
    private const double FastFading = 0.7;
    private const double SlowFading = 0.93;
    private const int RecentSteps = 3;

    private const int LagsOfShortestPeriod = 3;
    private const int LagsOfLongerPeriod = 2;
    private const int CommonStepInputs = 3;

    // Of each season ahead: one change that lasts, two that fade, sine and cosine of the phase and of twice the phase.
    private const int SeasonalStepInputs = 3 + 4;

    // One wild value must not drown everything else a window holds.
    private const double Limit = 15;

    private readonly int[] _periods;
    private readonly float[] _fastFading;
    private readonly float[] _slowFading;

    public WindowFeatures(IReadOnlyList<int> periods, int window, int horizon)
    {
        _periods = [.. periods];
        _fastFading = Fading(FastFading, horizon);
        _slowFading = Fading(SlowFading, horizon);
        Window = window;
        Horizon = horizon;
        Inputs = 2 + _periods.Length + (_periods.Length == 0 ? 0 : 2);
        StepInputs = LagFeature(_periods.Length);
    }

    public int Window { get; }

    public int Horizon { get; }

    /// <summary>Features per step of the window.</summary>
    public int Inputs { get; }

    /// <summary>Features per step ahead.</summary>
    public int StepInputs { get; }

    /// <summary>Newest values of a series a forecast looks at; no feature reaches further back.</summary>
    public int Reach => Window + (_periods.Length == 0 ? 0 : LagsOfShortestPeriod * _periods[^1]);

    /// <summary>Which feature of a step ahead is the value the naive forecast repeats: the newest, or with a season that of one season ago.</summary>
    /// <param name="period">Position among the periods; -1 for no season.</param>
    public static int NaiveFeature(int period) => period < 0 ? 1 : LagFeature(period);

    private static int LagFeature(int period) =>
        CommonStepInputs + (period == 0 ? 0 : LagsOfShortestPeriod + SeasonalStepInputs + ((period - 1) * (LagsOfLongerPeriod + SeasonalStepInputs)));

    /// <summary>Level and spread of the window that ends before <paramref name="origin"/>.</summary>
    public WindowScale ScaleAt(FilledSeries series, int origin)
    {
        double level = 0, squares = 0;
        for (var t = origin - Window; t < origin; t++) level += series[t] / Window;
        for (var t = origin - Window; t < origin; t++) squares += (series[t] - level) * (series[t] - level) / Window;
        // A quiet window of a lively series, or a constant series, must not be blown up to noise.
        var floor = Math.Max(0.1 * series.Deviation, 1e-9 + (1e-6 * Math.Abs(level)));
        return new WindowScale(level, Math.Max(Math.Sqrt(squares), floor));
    }

    /// <summary>Writes the features, and the targets as far as they are known, of one window into a batch.</summary>
    public WindowScale Write(FilledSeries series, int origin, LstmBatch batch, int sample)
    {
        var scale = ScaleAt(series, origin);
        for (var t = 0; t < Window; t++)
            WriteInput(series, scale, origin - Window + t, batch.Inputs.AsSpan(((t * batch.Count) + sample) * Inputs, Inputs));
        var steps = batch.StepInputs.AsSpan(sample * Horizon * StepInputs, Horizon * StepInputs);
        WriteCommon(series[origin - 1], scale, steps);
        for (var i = 0; i < _periods.Length; i++) WriteSeason(series, scale, origin, i, steps);
        for (var h = 0; h < Horizon; h++)
        {
            var t = origin + h;
            batch.Targets[(sample * Horizon) + h] = t < series.Count && series.IsKnown(t) ? (float)scale.Normalize(series[t]) : float.NaN;
        }

        return scale;
    }

    private void WriteInput(FilledSeries series, WindowScale scale, int t, Span<float> input)
    {
        input[0] = Limited(scale.Normalize(series[t]));
        input[1] = series.IsKnown(t) ? 0 : 1;
        for (var i = 0; i < _periods.Length; i++)
            input[2 + i] = Limited((series[t] - series.Before(t - _periods[i], _periods[i])) / scale.Spread);
        if (_periods.Length > 0) WritePhase(series.Phase(t, 0), input[^2..]);
    }

    private void WriteCommon(double newest, WindowScale scale, Span<float> steps)
    {
        var value = Limited(scale.Normalize(newest));
        for (var h = 0; h < Horizon; h++)
        {
            var step = steps.Slice(h * StepInputs, CommonStepInputs);
            step[0] = (float)h / Horizon;
            step[1] = value;
            step[2] = value * _slowFading[h];
        }
    }

    private void WriteSeason(FilledSeries series, WindowScale scale, int origin, int index, Span<float> steps)
    {
        int period = _periods[index], lags = index == 0 ? LagsOfShortestPeriod : LagsOfLongerPeriod;
        var settled = Limited(MeanChange(series, origin, _periods[0], period) / scale.Spread);
        var recent = Limited(MeanChange(series, origin, RecentSteps, period) / scale.Spread);
        for (var h = 0; h < Horizon; h++)
        {
            var step = steps.Slice((h * StepInputs) + LagFeature(index), lags + SeasonalStepInputs);
            var samePhase = origin + h - (period * ((h / period) + 1));
            for (var k = 0; k < lags; k++) step[k] = Limited(scale.Normalize(series.Before(samePhase - (k * period), period)));
            step[lags] = settled;
            step[lags + 1] = recent * _fastFading[h];
            step[lags + 2] = recent * _slowFading[h];
            var phase = series.Phase(origin + h, index);
            WritePhase(phase, step[(lags + 3)..]);
            WritePhase(2 * phase, step[(lags + 5)..]);
        }
    }

    private static void WritePhase(double angle, Span<float> target)
    {
        var (sine, cosine) = Math.SinCos(angle);
        (target[0], target[1]) = ((float)sine, (float)cosine);
    }

    // Mean over the last steps of the change since one season ago.
    private static double MeanChange(FilledSeries series, int origin, int steps, int period)
    {
        var sum = 0.0;
        for (var t = Math.Max(0, origin - steps); t < origin; t++) sum += series[t] - series.Before(t - period, period);
        return sum / steps;
    }

    private static float Limited(double value) => (float)Math.Clamp(value, -Limit, Limit);

    private static float[] Fading(double rate, int horizon) => [.. Enumerable.Range(0, horizon).Select(h => (float)Math.Pow(rate, h))];
}
