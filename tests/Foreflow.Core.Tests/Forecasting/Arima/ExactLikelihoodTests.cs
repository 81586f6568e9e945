using Foreflow.Core.Forecasting.Arima;
using MathNet.Numerics.LinearAlgebra;

namespace Foreflow.Core.Tests.Forecasting.Arima;

public class ExactLikelihoodTests
{
    public static TheoryData<string> Models => [.. Known.Keys];

    internal static readonly Dictionary<string, (ArimaOrder Order, ArimaCoefficients Coefficients)> Known = new()
    {
        ["white noise"] = (new(0, 0, 0), new([], [], [], [], 0)),
        ["AR(1) with mean"] = (new(1, 0, 0, HasConstant: true), new([0.7], [], [], [], 3)),
        ["AR(3)"] = (new(3, 0, 0), new([0.5, -0.3, 0.2], [], [], [], 0)),
        ["AR(1) near the unit root"] = (new(1, 0, 0), new([0.98], [], [], [], 0)),
        ["MA(1)"] = (new(0, 0, 1), new([], [0.6], [], [], 0)),
        ["MA(2)"] = (new(0, 0, 2), new([], [-0.9, 0.3], [], [], 0)),
        ["ARMA(2,1)"] = (new(2, 0, 1), new([1.1, -0.4], [0.5], [], [], 0)),
        ["ARMA(1,3)"] = (new(1, 0, 3), new([-0.6], [0.5, 0.2, -0.3], [], [], 0)),
        ["seasonal ARMA of period 4"] = (new(1, 0, 1, 1, 0, 1, 4), new([0.5], [0.3], [0.6], [-0.4], 0)),
        ["orders longer than the season"] = (new(3, 0, 2, 1, 0, 1, 2), new([0.3, 0.2, -0.2], [0.3, 0.1], [0.4], [-0.5], 0)),
        ["seasonal moving average of period 7"] = (new(0, 0, 1, 0, 0, 2, 7), new([], [-0.5], [], [-0.6, 0.1], 0)),
    };

    [Theory, MemberData(nameof(Models))]
    public void Equals_the_multivariate_normal_density(string model)
    {
        var (order, coefficients) = Known[model];
        var series = GaussianProcess.Simulate(order, coefficients, 40, seed: 5);
        var polynomials = new ArmaPolynomials(order);
        polynomials.MoveTo(coefficients);

        var standardised = new double[series.Length];
        Assert.True(new ExactLikelihood(polynomials, series.Length).TryInnovations(series, standardised, out var sumLogVariance));
        var byFilter = -0.5 * (sumLogVariance + standardised.Sum(v => v * v) + (series.Length * Math.Log(2 * Math.PI)));

        Assert.Equal(LogDensity(polynomials, series), byFilter, 1e-6);
    }

    [Theory, MemberData(nameof(Models))]
    public void The_filter_for_gaps_gives_the_same_on_a_complete_series(string model)
    {
        var (order, coefficients) = Known[model];
        var series = GaussianProcess.Simulate(order, coefficients, 300, seed: 6);
        var polynomials = new ArmaPolynomials(order);
        polynomials.MoveTo(coefficients);
        var fast = new double[series.Length];
        Assert.True(new ExactLikelihood(polynomials, series.Length).TryInnovations(series, fast, out var sumLogVariance));

        var slow = new double[series.Length];
        var filter = GappedLikelihood.Run(polynomials, series, series, slow);

        Assert.NotNull(filter);
        Assert.Equal(sumLogVariance, filter.SumLogVariance, 1e-6);
        for (var t = 0; t < series.Length; t++) Assert.Equal(fast[t], slow[t], 1e-6);
    }

    [Theory, MemberData(nameof(Models))]
    public void With_gaps_equals_the_density_of_what_was_observed(string model)
    {
        var (order, coefficients) = Known[model];
        var series = GaussianProcess.Simulate(order, coefficients, 40, seed: 7);
        foreach (var t in (int[])[0, 3, 4, 5, 17, 30, 39]) series[t] = double.NaN;
        var polynomials = new ArmaPolynomials(order);
        polynomials.MoveTo(coefficients);

        var filter = GappedLikelihood.Run(polynomials, series, series, new double[series.Length])!;
        var byFilter = -0.5 * (filter.SumLogVariance + filter.SumOfSquares + (filter.Counted * Math.Log(2 * Math.PI)));

        Assert.Equal(33, filter.Counted);
        Assert.Equal(LogDensity(polynomials, series), byFilter, 1e-6);
    }

    /// <summary>log N(series; constant, covariance) of the values that are not NaN, by Cholesky.</summary>
    private static double LogDensity(ArmaPolynomials polynomials, double[] series)
    {
        var full = GaussianProcess.Covariance(polynomials, series.Length);
        int[] known = [.. Enumerable.Range(0, series.Length).Where(t => !double.IsNaN(series[t]))];
        var covariance = Matrix<double>.Build.Dense(known.Length, known.Length, (i, j) => full[known[i], known[j]]);
        var values = Vector<double>.Build.Dense(known.Length, i => series[known[i]] - polynomials.Constant);
        var factor = covariance.Cholesky();
        return -0.5 * (factor.DeterminantLn + values.DotProduct(factor.Solve(values)) + (known.Length * Math.Log(2 * Math.PI)));
    }
}
