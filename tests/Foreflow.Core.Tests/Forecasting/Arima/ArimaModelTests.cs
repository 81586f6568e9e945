using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting.Arima;

public class ArimaModelTests
{
    private static readonly FitOptions NoSeason = new([]);

    public static TheoryData<string> Models => [.. Known.Keys];

    private static readonly Dictionary<string, (ArimaOrder Order, ArimaCoefficients Coefficients)> Known = new()
    {
        ["AR(1)"] = (new(1, 0, 0, HasConstant: true), new([0.7], [], [], [], 10)),
        ["AR(3)"] = (new(3, 0, 0, HasConstant: true), new([0.5, -0.3, 0.2], [], [], [], -4)),
        ["MA(1)"] = (new(0, 0, 1, HasConstant: true), new([], [-0.6], [], [], 2)),
        ["MA(2)"] = (new(0, 0, 2), new([], [0.5, 0.3], [], [], 0)),
        ["ARMA(1,1)"] = (new(1, 0, 1, HasConstant: true), new([0.8], [-0.4], [], [], 100)),
        ["ARIMA(1,1,1) with drift"] = (new(1, 1, 1, HasConstant: true), new([0.5], [0.4], [], [], 0.3)),
        ["ARIMA(0,2,1)"] = (new(0, 2, 1), new([], [-0.5], [], [], 0)),
        ["airline model of period 12"] = (new(0, 1, 1, 0, 1, 1, 12), new([], [-0.4], [], [-0.6], 0)),
        ["seasonal ARMA of period 24"] = (new(1, 0, 0, 1, 0, 1, 24, true), new([0.6], [], [0.7], [-0.3], 50)),
        ["ARIMA(2,0,1)(0,1,1)[24]"] = (new(2, 0, 1, 0, 1, 1, 24), new([1.1, -0.4], [0.3], [], [-0.7], 0)),
    };

    // Standard errors of ARMA estimates at n = 3000 are near 0.02: a tolerance of 0.1 is five of them.
    [Theory, MemberData(nameof(Models))]
    public void Recovers_the_coefficients_of_a_simulated_process(string model)
    {
        var (order, coefficients) = Known[model];
        var series = GaussianProcess.Simulate(order, coefficients, 3000, seed: 20, deviation: 2);

        var estimate = new ArimaModel(new ArimaOptions { Order = order }).Fit(series, NoSeason).Estimate;

        foreach (var (expected, actual) in coefficients.Blocks().Zip(estimate.Coefficients.Blocks()))
            for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 0.1);
        Assert.Equal(coefficients.Constant, estimate.Coefficients.Constant, 0.5);
        Assert.Equal(4, estimate.InnovationVariance, 0.4);
    }

    [Theory, MemberData(nameof(Models))]
    public void Maximises_the_likelihood_beyond_the_true_coefficients(string model)
    {
        var (order, coefficients) = Known[model];
        var series = GaussianProcess.Simulate(order, coefficients, 400, seed: 21);
        var polynomials = new ArmaPolynomials(order);
        polynomials.MoveTo(coefficients);
        var truth = GappedLikelihood.Run(polynomials, series, series, new double[series.Length])!;

        var estimate = new ArimaModel(new ArimaOptions { Order = order }).Fit(series, NoSeason).Estimate;

        Assert.True(estimate.LogLikelihood >= GappedLikelihood.Estimate(polynomials, truth, 1).LogLikelihood - 1e-6);
    }

    // A difference too many leaves a moving average near −1 beside a positive memory; started near zero, some of these paths end in a
    // lesser maximum at the other unit root.
    [Fact]
    public void Finds_the_higher_of_several_maxima_of_the_likelihood()
    {
        ArimaOrder order = new(3, 1, 1, 1, 1, 0, 24);
        ArimaCoefficients coefficients = new([0.585, 0.118, 0.074], [-0.953], [-0.315], [], 0);
        var polynomials = new ArmaPolynomials(order);
        polynomials.MoveTo(coefficients);
        for (var seed = 1; seed <= 20; seed++)
        {
            var series = GaussianProcess.Simulate(order, coefficients, 240, seed);
            var truth = GappedLikelihood.Run(polynomials, series, series, new double[series.Length])!;
            var estimate = new ArimaModel(new ArimaOptions { Order = order }).Fit(series, NoSeason).Estimate;
            Assert.True(estimate.LogLikelihood >= GappedLikelihood.Estimate(polynomials, truth, 1).LogLikelihood - 1e-6, $"seed {seed}");
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void Gaps_leave_the_coefficients_recoverable(string model)
    {
        var (order, coefficients) = Known[model];
        var series = GaussianProcess.Simulate(order, coefficients, 1500, seed: 22, deviation: 2);
        var random = new Random(1);
        for (var t = 0; t < series.Length; t++) if (random.NextDouble() < 0.05) series[t] = double.NaN;

        var estimate = new ArimaModel(new ArimaOptions { Order = order }).Fit(series, NoSeason).Estimate;

        foreach (var (expected, actual) in coefficients.Blocks().Zip(estimate.Coefficients.Blocks()))
            for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 0.15);
        Assert.Equal(4, estimate.InnovationVariance, 0.6);
    }
}
