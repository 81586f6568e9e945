namespace Foreflow.Core.Forecasting.Intermittent;

/// <summary>Smoothing parameters of an intermittent method.</summary>
/// <param name="Alpha">Share of the newest value taken into the size (and, by Croston, the interval), 0 to 1.</param>
/// <param name="Beta">Share taken into the chance of a demand, 0 to 1.</param>
internal readonly record struct DemandSmoothing(double Alpha, double Beta);

/// <summary>Tries smoothing parameters on a grid: errors are flat near the best, and have more than one minimum.</summary>
internal static class SmoothingSearch
{
    private static readonly double[] Grid = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4];

    public static IForecaster Best(double[] series, Func<DemandSmoothing, IDemandState> start, bool searchBeta)
    {
        IDemandState? best = null;
        var lowest = double.PositiveInfinity;
        foreach (var alpha in Grid)
        {
            foreach (var beta in searchBeta ? Grid : [alpha])
            {
                var state = start(new DemandSmoothing(alpha, beta));
                var error = MeanSquaredError(state, series);
                if (error >= lowest) continue;
                (best, lowest) = (state, error);
            }
        }
        return new IntermittentForecaster(best!, Math.Sqrt(lowest));
    }

    private static double MeanSquaredError(IDemandState state, double[] series)
    {
        double sum = 0;
        var count = 0;
        foreach (var demand in series)
        {
            if (!double.IsNaN(demand))
            {
                sum += (demand - state.Rate) * (demand - state.Rate);
                count++;
            }
            state.Step(demand);
        }
        return sum / count;
    }
}

/// <summary>The same demand rate for every step ahead, with the spread of single steps about it.</summary>
internal sealed class IntermittentForecaster(IDemandState state, double deviation) : IForecaster
{
    public string Description => state.Description;

    public void Update(double observation) => state.Step(Math.Max(0, observation));

    public PointForecast Forecast(int horizon)
    {
        var means = new double[horizon];
        var deviations = new double[horizon];
        Array.Fill(means, state.Rate);
        Array.Fill(deviations, deviation);
        return new PointForecast(means, deviations);
    }

    public IForecaster Clone() => new IntermittentForecaster(state.Clone(), deviation);
}
