using Foreflow.Core.Forecasting.Intervals;

namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>What validation says about the errors of an ensemble.</summary>
/// <param name="Intervals">Makes quantiles of a forecast.</param>
/// <param name="Correlation">How errors hang together from step to step.</param>
/// <param name="Horizon">Steps ahead for which errors are known.</param>
internal sealed record Calibration(IntervalCalibrator Intervals, ErrorCorrelation Correlation, int Horizon)
{
    /// <summary>
    /// Takes the errors of the ensemble at each origin of the validation, with weights that do not know what came after it: the
    /// errors of models fitted and weighted on what was to be forecast would be too small.
    /// </summary>
    public static Calibration Of(Roster roster, ReadOnlySpan<double> history, FitOptions options, ValidationPlan plan)
    {
        if (plan.IsEmpty) return OfRandomWalk(history, options.Horizon);

        var errors = new double[plan.Forecasts.Length][];
        for (var k = 0; k < errors.Length; k++)
        {
            errors[k] = roster.PathWithout(plan, k);
            for (var step = 0; step < plan.Horizon; step++) errors[k][step] = history[plan.Forecasts[k] + step] - errors[k][step];
        }

        var period = options.Periods.Count > 0 ? options.Periods[0] : 1;
        var scale = ErrorScale.Of(history, period, plan.Forecasts, errors);
        for (var k = 0; k < errors.Length; k++)
        {
            for (var step = 0; step < plan.Horizon; step++) errors[k][step] /= scale.At(step, plan.Forecasts[k] + step);
        }

        double[] pooled = [.. errors.SelectMany(path => path).Where(error => !double.IsNaN(error))];
        if (pooled.Length == 0) return OfRandomWalk(history, options.Horizon);
        var observed = plan.Horizon + plan.Forecasts[^1] - plan.Forecasts[0];
        var stretch = period > 1 ? period : Math.Max(1, plan.Horizon / 2.0);
        var distribution = new ErrorDistribution(pooled, observed / (double)stretch);
        var interval = plan.Forecasts.Length > 1 ? plan.Forecasts[1] - plan.Forecasts[0] : plan.Horizon;
        var calibrator = new IntervalCalibrator(scale, distribution, interval);
        return new Calibration(calibrator, ErrorCorrelation.Of(errors), plan.Horizon);
    }

    /// <summary>A few values show how far one step goes; further ones are taken to add up as those of a random walk.</summary>
    private static Calibration OfRandomWalk(ReadOnlySpan<double> history, int horizon)
    {
        double sum = 0;
        var count = 0;
        for (var t = 1; t < history.Length; t++)
        {
            var change = Math.Abs(history[t] - history[t - 1]);
            if (double.IsNaN(change)) continue;
            sum += change;
            count++;
        }
        // One value alone shows no change at all: its own size stands for what is not known.
        var step = count > 0 && sum > 0 ? sum / count : 0.1 * Math.Abs(history[0]);
        double[] halfNormal = [.. Enumerable.Range(1, 100).Select(i => 1.2533 * MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, i / 101.0))];
        var calibrator = new IntervalCalibrator(
            ErrorScale.RandomWalk(step, horizon), new ErrorDistribution(halfNormal, Math.Max(2, count)), interval: Math.Max(1, horizon / 2));
        return new Calibration(calibrator, new ErrorCorrelation(0, 0.9), horizon);
    }
}
