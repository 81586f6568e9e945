using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Analogs;

/// <summary>
/// Looks for the stretches of the past most like the last one, whatever their level and size, and continues as they went on.
/// </summary>
/// <param name="neighbours">How many stretches are averaged, each weighted by the inverse of its squared distance.</param>
/// <remarks>
/// Sources: Lorenz (1969), "Atmospheric predictability as revealed by naturally occurring analogues"; Martínez, Frías,
/// Pérez and Rivera (2019), "A methodology for applying k-nearest neighbor to time series forecasting".
/// </remarks>
public sealed class AnalogModel(int neighbours = 8) : IForecastModel
{
    private const int LongestStretch = 288;
    private const int DefaultStretch = 24;

    /// <summary>The past searched is the newest this many values, so that a forecast stays cheap however long the history.</summary>
    private const int LongestPast = 4096;

    /// <inheritdoc/>
    public string Name => "analog";

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var stretch = options.Periods.Count > 0 ? Math.Min(options.Periods[0], LongestStretch) : DefaultStretch;
        if (history.Length < 3 * stretch)
            throw new ForecastFitException($"{history.Length} values are less than three stretches of {stretch}");
        var filled = Gaps.Fill(history, options.Periods);
        return new Forecaster(
            stretch, neighbours, new SlidingWindow(LongestPast, filled), new ForecastBounds(filled, options.NonNegative));
    }

    private sealed class Forecaster(int stretch, int neighbours, SlidingWindow window, ForecastBounds bounds) : IForecaster
    {
        private ForecastBounds _bounds = bounds;

        public string Description => $"{neighbours} nearest analogs of {stretch} steps";

        public void Update(double observation)
        {
            if (double.IsNaN(observation)) observation = Forecast(1).Mean[0];
            _bounds.Observe(observation);
            window.Add(observation);
        }

        public PointForecast Forecast(int horizon)
        {
            var past = window.Values;
            var now = Shape.Of(past, past.Length, stretch);
            var nearest = Nearest(past, now, horizon);
            var mean = new double[horizon];
            var deviation = new double[horizon];
            double total = 0;
            foreach (var (distance, analog) in nearest) total += 1 / distance;
            foreach (var (distance, analog) in nearest)
            {
                var weight = 1 / distance / total;
                var size = now.Deviation / analog.Deviation;
                for (var i = 0; i < horizon; i++)
                    mean[i] += weight * (now.Mean + (size * (Continued(past, analog.End, i) - analog.Mean)));
            }
            Array.Fill(deviation, double.NaN);
            return new PointForecast(_bounds.Clamp(mean), deviation);
        }

        public IForecaster Clone() => new Forecaster(stretch, neighbours, window.Clone(), _bounds);

        /// <summary>What came after a stretch; beyond the newest value its last stretch is repeated.</summary>
        private double Continued(ReadOnlySpan<double> past, int end, int ahead)
        {
            var t = end + ahead;
            return t < past.Length ? past[t] : past[past.Length - stretch + ((t - past.Length) % stretch)];
        }

        private List<(double Distance, Shape Analog)> Nearest(ReadOnlySpan<double> past, Shape now, int horizon)
        {
            // Prefer stretches whose whole continuation is known; a short history offers fewer.
            var newestEnd = Math.Max(past.Length - horizon, Math.Min(past.Length - 1, 2 * stretch));
            var nearest = new List<(double Distance, Shape Analog)>(neighbours + 1);
            var tiny = (1e-12 * now.Deviation * now.Deviation) + double.Epsilon;
            for (var end = stretch; end <= newestEnd; end++)
            {
                var analog = Shape.Of(past, end, stretch);
                var limit = nearest.Count < neighbours ? double.PositiveInfinity : nearest[^1].Distance;
                var distance = tiny + Distance(past, now, analog, limit);
                if (distance >= limit) continue;
                var place = nearest.FindIndex(other => other.Distance > distance);
                nearest.Insert(place < 0 ? nearest.Count : place, (distance, analog));
                if (nearest.Count > neighbours) nearest.RemoveAt(neighbours);
            }
            return nearest;
        }

        /// <summary>Squared distance of two stretches of equal mean and size; recent steps count more. Stops beyond the limit.</summary>
        private double Distance(ReadOnlySpan<double> past, Shape now, Shape analog, double limit)
        {
            var size = now.Deviation / analog.Deviation;
            double sum = 0;
            for (var i = 1; i <= stretch && sum < limit; i++)
            {
                var difference = past[now.End - i] - now.Mean - (size * (past[analog.End - i] - analog.Mean));
                sum += difference * difference * Math.Exp(-(double)i / stretch);
            }
            return sum;
        }

        /// <summary>A stretch by where it ends (exclusive), its mean and its size.</summary>
        private readonly record struct Shape(int End, double Mean, double Deviation)
        {
            public static Shape Of(ReadOnlySpan<double> past, int end, int length)
            {
                double sum = 0, squares = 0;
                foreach (var value in past.Slice(end - length, length)) sum += value;
                var mean = sum / length;
                foreach (var value in past.Slice(end - length, length)) squares += (value - mean) * (value - mean);
                // A flat stretch has no shape: a size of its own scale keeps the ratio of two flat ones at 1.
                return new Shape(end, mean, Math.Sqrt(squares / length) + (1e-9 * Math.Abs(mean)) + 1e-300);
            }
        }
    }
}
