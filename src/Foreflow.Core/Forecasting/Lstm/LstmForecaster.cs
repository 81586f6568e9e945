using MathNet.Numerics.Distributions;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// A series and the network that continues it. Taking an observation shifts the window; forecasting is one pass through the network
/// for every horizon's worth of steps it was trained for.
/// </summary>
public sealed class LstmForecaster : IForecaster
{
    private readonly TrainedLstm _trained;
    private readonly FilledSeries _series;
    private readonly int _median;
    private ForecastBounds _bounds;

    internal LstmForecaster(TrainedLstm trained, FilledSeries series, ForecastBounds bounds)
    {
        (_trained, _series, _bounds) = (trained, series, bounds);
        while (trained.Levels[_median] < 0.5) _median++;
    }

    /// <inheritdoc/>
    public string Description => _trained.Description;

    /// <summary>Probability levels of <see cref="ForecastQuantiles"/>, ascending.</summary>
    public IReadOnlyList<double> Levels => _trained.Levels;

    /// <summary>The network; save it to forecast elsewhere without training again.</summary>
    public TrainedLstm Trained => _trained;

    /// <inheritdoc/>
    public void Update(double observation)
    {
        _series.Append(observation);
        if (double.IsFinite(observation)) _bounds.Observe(observation);
    }

    /// <inheritdoc/>
    public IForecaster Clone() => new LstmForecaster(_trained, _series.Clone(), _bounds);

    /// <summary>
    /// Forecasts the next steps. The mean given is the median learned: the network knows quantiles, and of those the middle one best.
    /// The standard deviation is that of the normal distribution nearest to the quantiles (least squares).
    /// </summary>
    public PointForecast Forecast(int horizon)
    {
        var quantiles = ForecastQuantiles(horizon);
        double[] scores = [.. Levels.Select(level => Normal.InvCDF(0, 1, level))];
        var squares = scores.Sum(score => score * score);
        var deviations = new double[horizon];
        for (var h = 0; h < horizon; h++)
        {
            for (var q = 0; q < scores.Length; q++) deviations[h] += scores[q] * (quantiles[q][h] - quantiles[_median][h]) / squares;
            if (squares == 0) deviations[h] = double.NaN;
        }

        return new PointForecast(quantiles[_median], deviations);
    }

    /// <summary>
    /// Quantiles of the next steps, one row per level. Beyond the trained horizon the medians stand for observations, and the distance of a quantile
    /// from the median grows by that of the block of steps before, as independent errors add up (root of the sum of squares).
    /// </summary>
    /// <param name="horizon">Steps ahead, at least 1.</param>
    public double[][] ForecastQuantiles(int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        var quantiles = new double[Levels.Count][];
        for (var q = 0; q < quantiles.Length; q++) quantiles[q] = new double[horizon];
        var series = horizon > _trained.Horizon ? _series.Clone() : _series;
        var carried = new double[Levels.Count];
        var block = new double[_trained.Horizon, Levels.Count];
        for (var first = 0; first < horizon; first += _trained.Horizon)
        {
            ForecastBlock(series, block);
            var steps = Math.Min(_trained.Horizon, horizon - first);
            for (var h = 0; h < steps; h++)
            {
                for (var q = 0; q < quantiles.Length; q++)
                    quantiles[q][first + h] = _bounds.Clamp(block[h, _median] + Widened(block[h, q] - block[h, _median], carried[q]));
                if (first + steps < horizon) series.Append(block[h, _median]);
            }

            for (var q = 0; q < carried.Length; q++) carried[q] = Widened(block[steps - 1, q] - block[steps - 1, _median], carried[q]);
        }

        return quantiles;
    }

    // The mean of the members' quantiles, sorted: quantiles learned one by one may cross (Chernozhukov et al. 2010).
    private void ForecastBlock(FilledSeries series, double[,] block)
    {
        Array.Clear(block);
        var (shape, features) = (_trained.Shape, _trained.Features);
        var network = new LstmNetwork(shape);
        var batch = new LstmBatch(shape, features.Window, features.Horizon, 1);
        var scale = features.Write(series, series.Count, batch, 0);
        foreach (var parameters in _trained.Members)
        {
            network.Forward(parameters, batch);
            for (var h = 0; h < features.Horizon; h++)
            {
                for (var q = 0; q < shape.Quantiles; q++) block[h, q] += scale.Restore(batch.Outputs[(h * shape.Outputs) + q]) / _trained.Members.Count;
            }
        }

        Span<double> row = stackalloc double[shape.Quantiles];
        for (var h = 0; h < features.Horizon; h++)
        {
            for (var q = 0; q < row.Length; q++) row[q] = block[h, q];
            row.Sort();
            for (var q = 0; q < row.Length; q++) block[h, q] = row[q];
        }
    }

    private static double Widened(double distance, double carried) =>
        Math.CopySign(Math.Sqrt((distance * distance) + (carried * carried)), distance == 0 ? carried : distance);
}
