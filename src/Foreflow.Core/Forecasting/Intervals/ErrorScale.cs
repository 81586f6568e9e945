namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>
/// How large errors are expected to be: by step ahead, times by phase of the season. A load that varies at noon and sleeps at
/// night gets wide intervals at noon and narrow ones at night, however many steps ahead these are.
/// </summary>
/// <remarks>
/// Dividing errors by such a scale before taking quantiles is locally weighted conformal prediction: Lei, G'Sell, Rinaldo,
/// Tibshirani and Wasserman (2018), "Distribution-free predictive inference for regression", section 5.2.
/// </remarks>
internal sealed class ErrorScale
{
    /// <summary>Neighbouring steps on either side that share one estimate.</summary>
    private const int StepReach = 2;

    /// <summary>How many errors the seasonal changes of the history weigh as much as, in the scale of a phase.</summary>
    private const double PriorErrors = 200;

    /// <summary>No phase is taken to vary less than this share of the mean, however still it was.</summary>
    private const double LeastPhase = 0.05;

    private readonly double[] _byStep;
    private readonly double[] _byPhase;

    private ErrorScale(double[] byStep, double[] byPhase) => (_byStep, _byPhase) = (byStep, byPhase);

    /// <summary>Expected absolute error.</summary>
    /// <param name="step">Steps ahead, from 0; beyond those known it grows with the square root.</param>
    /// <param name="time">Index of the step forecast, counted from the start of the history.</param>
    public double At(int step, long time)
    {
        var known = _byStep.Length;
        var byStep = step < known ? _byStep[step] : _byStep[^1] * Math.Sqrt((step + 1.0) / known);
        return byStep * _byPhase[time % _byPhase.Length];
    }

    /// <summary>Estimates the scale from errors out of sample.</summary>
    /// <param name="history">The series; NaN where unknown.</param>
    /// <param name="period">Shortest seasonal period; 1 for none.</param>
    /// <param name="origins">Length of history before each path of errors.</param>
    /// <param name="errors">Paths of errors, all of one length; NaN where the actual value is unknown.</param>
    public static ErrorScale Of(ReadOnlySpan<double> history, int period, IReadOnlyList<int> origins, IReadOnlyList<double[]> errors)
    {
        var prior = SeasonalChanges(history, period);
        var horizon = errors[0].Length;
        var sums = new double[horizon];
        var counts = new int[horizon];
        ForEach(origins, errors, (step, time, error) =>
        {
            sums[step] += error / prior[time % period];
            counts[step]++;
        });

        var byStep = new double[horizon];
        for (var step = 0; step < horizon; step++) byStep[step] = WindowMean(sums, counts, step);
        var largest = byStep.Max();
        // Errors of exactly 0 say that the series repeats, not that it must: leave a trace of doubt.
        for (var step = 0; step < horizon; step++) byStep[step] = Math.Max(byStep[step], Math.Max(1e-3 * largest, 1e-12));

        return new ErrorScale(byStep, ByPhase(period, origins, errors, prior, byStep));
    }

    /// <summary>A scale known beforehand, for a history too short to be cut: errors of a random walk.</summary>
    public static ErrorScale RandomWalk(double stepDeviation, int horizon) =>
        new([.. Enumerable.Range(1, horizon).Select(step => Math.Max(stepDeviation, 1e-12) * Math.Sqrt(step))], [1]);

    private static double[] ByPhase(
        int period, IReadOnlyList<int> origins, IReadOnlyList<double[]> errors, double[] prior, double[] byStep)
    {
        var sums = new double[period];
        var counts = new double[period];
        ForEach(origins, errors, (step, time, error) =>
        {
            sums[time % period] += error / byStep[step];
            counts[time % period]++;
        });

        var reach = PhaseReach(period);
        var byPhase = new double[period];
        for (var phase = 0; phase < period; phase++)
        {
            double sum = PriorErrors * prior[phase], count = PriorErrors;
            for (var offset = -reach; offset <= reach; offset++)
            {
                var weight = 1 - (Math.Abs(offset) / (reach + 1.0));
                var neighbour = (phase + offset + period) % period;
                sum += weight * sums[neighbour];
                count += weight * counts[neighbour];
            }
            byPhase[phase] = sum / count;
        }
        return byPhase;
    }

    /// <summary>Mean absolute change from season to season for each phase, relative to the mean of all phases.</summary>
    private static double[] SeasonalChanges(ReadOnlySpan<double> history, int period)
    {
        var relative = new double[period];
        Array.Fill(relative, 1);
        if (period == 1) return relative;

        var sums = new double[period];
        var counts = new int[period];
        for (var t = period; t < history.Length; t++)
        {
            var change = Math.Abs(history[t] - history[t - period]);
            if (double.IsNaN(change)) continue;
            sums[t % period] += change;
            counts[t % period]++;
        }
        var mean = sums.Sum() / Math.Max(1, counts.Sum());
        if (mean <= 0) return relative;

        var reach = PhaseReach(period);
        for (var phase = 0; phase < period; phase++)
        {
            double sum = 0;
            var count = 0;
            for (var offset = -reach; offset <= reach; offset++)
            {
                var neighbour = (phase + offset + period) % period;
                sum += sums[neighbour];
                count += counts[neighbour];
            }
            relative[phase] = count == 0 ? 1 : Math.Max(LeastPhase, sum / count / mean);
        }
        return relative;
    }

    /// <summary>Neighbouring phases that share an estimate: one hour of a day on either side.</summary>
    private static int PhaseReach(int period) => Math.Min((period - 1) / 2, Math.Max(1, period / 24));

    private static double WindowMean(double[] sums, int[] counts, int step)
    {
        double sum = 0;
        var count = 0;
        for (var s = Math.Max(0, step - StepReach); s <= Math.Min(sums.Length - 1, step + StepReach); s++)
        {
            sum += sums[s];
            count += counts[s];
        }
        return count == 0 ? 0 : sum / count;
    }

    private static void ForEach(IReadOnlyList<int> origins, IReadOnlyList<double[]> errors, Action<int, int, double> take)
    {
        for (var k = 0; k < origins.Count; k++)
        {
            for (var step = 0; step < errors[k].Length; step++)
            {
                if (!double.IsNaN(errors[k][step])) take(step, origins[k] + step, Math.Abs(errors[k][step]));
            }
        }
    }
}
