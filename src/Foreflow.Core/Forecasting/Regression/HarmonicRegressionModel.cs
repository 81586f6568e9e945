using System.Numerics.Tensors;
using Foreflow.Core.Forecasting.Linear;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Regression;

/// <summary>
/// Dynamic harmonic regression: each season as a sum of sines and cosines, and an ARMA process for the errors.
/// The coefficients are estimated twice: by least squares, then on series filtered by the errors' own process.
/// </summary>
/// <param name="name">Name of this member of the family.</param>
/// <param name="harmonics">Pairs of sine and cosine for the shortest period.</param>
/// <param name="longHarmonics">Pairs for every longer period, not counting those the shorter ones already have.</param>
/// <remarks>
/// Sources: Young, Pedregal and Tych (1999), "Dynamic harmonic regression"; Hyndman and Athanasopoulos (2021),
/// "Forecasting: Principles and Practice", section 10.5; Cochrane and Orcutt (1949) for the second estimate;
/// Hannan and Rissanen (1982) for the moving-average terms.
/// </remarks>
public sealed class HarmonicRegressionModel(string name, int harmonics, int longHarmonics) : IForecastModel
{
    private const int LongestOrder = 50;
    private const double Penalty = 1e-6;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        if (options.Periods.Count == 0) throw new ForecastFitException("no season was found");
        var filled = Gaps.Fill(history, options.Periods);
        var terms = FourierTerms.For(options.Periods, harmonics, longHarmonics, filled.Length);

        var columns = terms.Columns(filled.Length);
        var coefficients = Solve(columns, filled);
        var errors = Errors(columns, filled, coefficients);
        var longest = Math.Min(LongestOrder, filled.Length / 10);
        var process = ArmaProcess.Fit(errors, longest);
        // The first values have no past to be filtered by.
        var skipped = process.Autoregressive + (process.MovingAverage > 0 ? longest : 0);
        if (skipped > 0 && filled.Length - skipped > 2 * columns.Length)
        {
            coefficients = Solve([.. columns.Select(column => process.Innovations(column)[skipped..])], process.Innovations(filled)[skipped..]);
            errors = Errors(columns, filled, coefficients);
            process = ArmaProcess.Fit(errors, longest);
        }

        var past = new SlidingWindow(process.Autoregressive, errors);
        var innovations = new SlidingWindow(process.MovingAverage, process.MovingAverage > 0 ? process.Innovations(errors) : []);
        var bounds = new ForecastBounds(filled, options.NonNegative);
        return new Forecaster(terms, coefficients, process, past, innovations, filled.Length, bounds);
    }

    private static double[] Solve(double[][] columns, double[] target) =>
        NormalEquations.Of([.. columns.Select(column => (ReadOnlyMemory<double>)column)], target).Solve(i => i == 0 ? 0 : Penalty);

    private static double[] Errors(double[][] columns, double[] target, double[] coefficients)
    {
        var errors = (double[])target.Clone();
        for (var i = 0; i < columns.Length; i++)
            TensorPrimitives.MultiplyAdd<double>(columns[i], -coefficients[i], errors, errors);
        return errors;
    }

    private sealed class Forecaster(
        FourierTerms terms, double[] coefficients, ArmaProcess process, SlidingWindow errors, SlidingWindow innovations, long time,
        ForecastBounds bounds)
        : IForecaster
    {
        private ForecastBounds _bounds = bounds;
        private long _time = time;

        public string Description => $"{terms.Count} Fourier terms + {process} errors";

        public void Update(double observation)
        {
            var regular = terms.Value(_time, coefficients);
            var expected = process.Next(errors.Values, innovations.Values);
            if (double.IsNaN(observation)) observation = _bounds.Clamp(regular + expected);
            _bounds.Observe(observation);
            errors.Add(observation - regular);
            innovations.Add(observation - regular - expected);
            _time++;
        }

        public PointForecast Forecast(int horizon)
        {
            var mean = process.Extend(errors.Values, innovations.Values, horizon);
            for (var i = 0; i < horizon; i++) mean[i] += terms.Value(_time + i, coefficients);
            return new PointForecast(_bounds.Clamp(mean), process.ForecastDeviation(horizon));
        }

        public IForecaster Clone() =>
            new Forecaster(terms, coefficients, process, errors.Clone(), innovations.Clone(), _time, _bounds);
    }
}
