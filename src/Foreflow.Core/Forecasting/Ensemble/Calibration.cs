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
    /// <param name="history">What the members were tried on.</param>
    /// <param name="whole">The history with what lies further back and no member was tried on.</param>
    public static Calibration Of(
        Roster roster, ReadOnlySpan<double> history, ReadOnlySpan<double> whole, FitOptions options, ValidationPlan plan)
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
        var correlation = ErrorCorrelation.Of(errors);
        var volatility = roster.Leader is { } leader ? Volatility(leader, whole, options, plan, period) : ErrorVolatility.Steady;
        var distribution = new ErrorDistribution(pooled, DegreesOfFreedom.Of(errors, correlation, observed, period), volatility);
        var interval = plan.Forecasts.Length > 1 ? plan.Forecasts[1] - plan.Forecasts[0] : plan.Horizon;
        var calibrator = new IntervalCalibrator(scale, distribution, interval);
        return new Calibration(calibrator, correlation, plan.Horizon);
    }

    /// <summary>How the size of errors moves, by those of the heaviest member fitted once, early, and updated from there on.</summary>
    private static ErrorVolatility Volatility(
        PoolMember leader, ReadOnlySpan<double> history, FitOptions options, ValidationPlan plan, int period)
    {
        var window = plan.Forecasts[^1] - plan.Forecasts[0];
        var first = Math.Max(plan.Scored[0] - (plan.Scored[0] / 2), Math.Min(window, plan.Scored[0]));
        var spacing = period > 1 ? period : Math.Max(1, plan.Horizon / 2);
        var long_ = history.Length - plan.Horizon - first;
        if (long_ < 2 * window) return ErrorVolatility.Steady;

        var origins = new List<int>();
        for (var origin = history.Length - plan.Horizon; origin >= first; origin -= spacing) origins.Add(origin);
        origins.Reverse();
        try
        {
            var trial = ModelTrial.Run(
                leader.Model, history, leader.Options(options), new ValidationPlan([], [.. origins], plan.Horizon), refit: false);
            var errors = trial.Paths;
            for (var k = 0; k < errors.Length; k++)
            {
                for (var step = 0; step < plan.Horizon; step++) errors[k][step] = history[origins[k] + step] - errors[k][step];
            }
            var scale = ErrorScale.Of(history, period, origins, errors);
            for (var k = 0; k < errors.Length; k++)
            {
                for (var step = 0; step < plan.Horizon; step++) errors[k][step] /= scale.At(step, origins[k] + step);
            }
            return ErrorVolatility.Of(origins, errors, window);
        }
        catch (ForecastFitException)
        {
            return ErrorVolatility.Steady;
        }
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
            ErrorScale.RandomWalk(step, horizon), new ErrorDistribution(halfNormal, Math.Max(2, count), ErrorVolatility.Steady), interval: Math.Max(1, horizon / 2));
        return new Calibration(calibrator, new ErrorCorrelation(0, 0.9), horizon);
    }
}
