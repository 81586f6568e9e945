using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Ets;
using Foreflow.Core.Tests.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting.Ets;

public class EtsModelTests
{
    public static TheoryData<string> Processes => [.. EtsSimulation.Known.Keys];

    // At n = 2000 the standard error of a smoothing parameter is near 0.02.
    [Theory, MemberData(nameof(Processes))]
    public void Recovers_the_parameters_of_a_simulated_process(string name)
    {
        var process = EtsSimulation.Known[name];
        var series = EtsSimulation.Path(process, 2000, seed: 3);
        Assert.True(process.Form.Error == EtsKind.Additive || series.Min() > 0);

        var estimate = new EtsModel(new EtsOptions { Form = process.Form }).Fit(series, new FitOptions([])).Estimate;

        Assert.Equal(process.Smoothing.Alpha, estimate.Smoothing.Alpha, 0.1);
        Assert.Equal(process.Smoothing.Beta, estimate.Smoothing.Beta, 0.1);
        Assert.Equal(process.Smoothing.Gamma, estimate.Smoothing.Gamma, 0.1);
        Assert.Equal(process.Smoothing.Phi, estimate.Smoothing.Phi, 0.08);
        Assert.Equal(1, estimate.InnovationVariance / process.InnovationVariance, 0.12);
    }

    [Theory, MemberData(nameof(Processes))]
    public void The_likelihood_is_the_product_of_the_densities(string name)
    {
        var process = EtsSimulation.Known[name];
        var series = EtsSimulation.Path(process, 150, seed: 4);
        series[30] = series[31] = double.NaN;
        var estimate = new EtsModel(new EtsOptions { Form = process.Form }).Fit(series, new FitOptions([])).Estimate;

        var state = EtsSimulation.Start(estimate);
        double density = 0;
        foreach (var value in series)
        {
            var mean = state.Predict();
            state.Step(value);
            if (double.IsNaN(value)) continue;
            var variance = estimate.InnovationVariance * (process.Form.Error == EtsKind.Multiplicative ? mean * mean : 1);
            density -= 0.5 * (Math.Log(2 * Math.PI * variance) + ((value - mean) * (value - mean) / variance));
        }
        Assert.Equal(density, estimate.LogLikelihood, 1e-6);
        Assert.Equal(148, estimate.Observations);
    }

    [Theory, MemberData(nameof(Processes))]
    public void Maximises_the_likelihood_beyond_the_true_parameters(string name)
    {
        var process = EtsSimulation.Known[name];
        var series = EtsSimulation.Path(process, 300, seed: 5);
        var state = EtsSimulation.Start(process);
        double squares = 0, logMeans = 0;
        foreach (var value in series)
        {
            var mean = state.Predict();
            var relative = process.Form.Error == EtsKind.Multiplicative;
            var innovation = relative ? (value - mean) / mean : value - mean;
            squares += innovation * innovation;
            if (relative) logMeans += Math.Log(mean);
            state.Step(value);
        }
        var truth = (-0.5 * series.Length * (Math.Log(2 * Math.PI * squares / series.Length) + 1)) - logMeans;

        var estimate = new EtsModel(new EtsOptions { Form = process.Form }).Fit(series, new FitOptions([])).Estimate;

        Assert.True(estimate.LogLikelihood >= truth - 0.01, $"{estimate.LogLikelihood} < {truth}");
    }

    [Theory, MemberData(nameof(Processes))]
    public void Means_and_variances_are_those_of_simulated_futures(string name)
    {
        const int horizon = 9, paths = 40_000;
        var process = EtsSimulation.Known[name];
        var now = EtsSimulation.Start(process);
        foreach (var value in EtsSimulation.Path(process, 50, seed: 6)) now.Step(value);
        var forecast = new EtsForecaster(process, now, new ForecastBounds([], false)).Forecast(horizon);

        var (sum, squares) = (new double[horizon], new double[horizon]);
        var normals = GaussianProcess.Normals(paths * horizon, seed: 7);
        for (var path = 0; path < paths; path++)
        {
            var future = EtsSimulation.Path(process, now.Clone(), normals.AsSpan(path * horizon, horizon));
            for (var h = 0; h < horizon; h++)
            {
                sum[h] += future[h];
                squares[h] += future[h] * future[h];
            }
        }
        for (var h = 0; h < horizon; h++)
        {
            var mean = sum[h] / paths;
            var deviation = Math.Sqrt((squares[h] / paths) - (mean * mean));
            Assert.Equal(0, (mean - forecast.Mean[h]) / deviation, 0.025); // five standard errors
            // Beyond one season the formula for a multiplicative one leaves out what level and season have in common.
            var exact = process.Form.Season != EtsKind.Multiplicative || h < process.Form.Period;
            Assert.Equal(1, forecast.StandardDeviation[h] / deviation, exact ? 0.02 : 0.06);
        }
    }

    /// <summary>Seeds 0 to 29; 80 origins of 8 steps each: the standard error of the share is near 0.3 points.</summary>
    [Theory]
    [InlineData("ETS(A,N,N)")]
    [InlineData("ETS(A,Ad,N)")]
    [InlineData("ETS(A,N,A)[4]")]
    public void Intervals_of_95_percent_cover_94_to_96(string name)
    {
        const int length = 500, horizon = 8, origins = 80, paths = 30;
        var process = EtsSimulation.Known[name];
        var covered = 0;
        for (var seed = 0; seed < paths; seed++)
        {
            var path = EtsSimulation.Path(process, length + (horizon * origins), seed);
            var forecaster = new EtsModel(new EtsOptions { Form = process.Form }).Fit(path.AsSpan(0, length), new FitOptions([]));
            for (var start = length; start < path.Length; start += horizon)
            {
                var forecast = forecaster.Forecast(horizon);
                for (var h = 0; h < horizon; h++)
                {
                    if (Math.Abs(path[start + h] - forecast.Mean[h]) <= 1.959964 * forecast.StandardDeviation[h]) covered++;
                    forecaster.Update(path[start + h]);
                }
            }
        }
        Assert.InRange(covered / (double)(paths * origins * horizon), 0.94, 0.96);
    }

    [Fact]
    public void Noise_gets_a_level_and_little_else()
    {
        double[] series = [.. GaussianProcess.Normals(300, 8).Select(n => 50 + n)];
        var form = new EtsModel().Fit(series, new FitOptions([12])).Estimate.Form;
        Assert.Equal((EtsTrend.None, EtsKind.None), (form.Trend, form.Season));
    }

    [Fact]
    public void A_season_that_grows_with_the_level_is_multiplicative()
    {
        var noise = GaussianProcess.Normals(240, 9);
        double[] series = [.. noise.Select((n, t) => (100 + (3 * t)) * (1 + (0.4 * Math.Sin(2 * Math.PI * t / 12))) * (1 + (0.02 * n)))];
        Assert.Equal(EtsKind.Multiplicative, new EtsModel().Fit(series, new FitOptions([12])).Estimate.Form.Season);
    }

    [Fact]
    public void A_series_with_a_zero_gets_no_multiplicative_part()
    {
        double[] series = [.. GaussianProcess.Normals(120, 10).Select((n, t) => t == 50 ? 0 : 20 + n)];
        var form = new EtsModel().Fit(series, new FitOptions([12])).Estimate.Form;
        Assert.Equal(EtsKind.Additive, form.Error);
        Assert.NotEqual(EtsKind.Multiplicative, form.Season);
    }

    [Fact]
    public void Updating_equals_starting_again_with_the_same_parameters()
    {
        var process = EtsSimulation.Known["ETS(A,N,A)[4]"];
        var series = EtsSimulation.Path(process, 200, 11);
        series[150] = double.NaN;
        var updated = new EtsModel().Fit(series.AsSpan(0, 120), new FitOptions([4]));
        foreach (var value in series.AsSpan(120)) updated.Update(value);

        var restored = EtsModel.Restore(updated.Estimate, series, new FitOptions([4]));

        Assert.Equal(restored.Forecast(12).Mean, updated.Forecast(12).Mean);
    }
}
