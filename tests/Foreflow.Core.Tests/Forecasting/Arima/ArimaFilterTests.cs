using Foreflow.Core.Forecasting.Arima;
using MathNet.Numerics.LinearAlgebra;

namespace Foreflow.Core.Tests.Forecasting.Arima;

/// <summary>The filter against conditioning a multivariate normal distribution by the book.</summary>
public class ArimaFilterTests
{
    private const int Horizon = 15;

    public static TheoryData<string> Models => [.. Known.Keys];

    private static readonly Dictionary<string, (ArimaOrder Order, ArimaCoefficients Coefficients)> Known = new()
    {
        ["AR(2) with mean"] = (new(2, 0, 0, HasConstant: true), new([0.9, -0.3], [], [], [], 5)),
        ["random walk with drift"] = (new(0, 1, 0, HasConstant: true), new([], [], [], [], 0.4)),
        ["ARIMA(1,1,1)"] = (new(1, 1, 1), new([0.5], [-0.3], [], [], 0)),
        ["ARIMA(0,2,2)"] = (new(0, 2, 2), new([], [-0.8, 0.2], [], [], 0)),
        ["airline model of period 4"] = (new(0, 1, 1, 0, 1, 1, 4), new([], [-0.4], [], [-0.6], 0)),
        ["seasonal difference with drift"] = (new(1, 0, 0, 1, 1, 0, 5, true), new([0.6], [], [-0.3], [], 0.7)),
    };

    [Theory, MemberData(nameof(Models))]
    public void Forecasts_of_a_complete_series_are_conditional_moments(string model) => Compare(model, 40, []);

    [Theory, MemberData(nameof(Models))]
    public void Forecasts_after_gaps_are_conditional_moments(string model) => Compare(model, 40, [12, 13, 20, 28, 37]);

    [Theory, MemberData(nameof(Models))]
    public void Forecasts_from_a_gap_at_the_end_are_conditional_moments(string model) => Compare(model, 40, [25, 37, 38, 39]);

    [Theory, MemberData(nameof(Models))]
    public void The_likelihood_with_gaps_is_the_density_of_what_was_observed(string model)
    {
        var (order, coefficients) = Known[model];
        var series = WithGaps(GaussianProcess.Simulate(order, coefficients, 40, seed: 3), [12, 13, 20, 37]);
        var polynomials = Polynomials(order, coefficients);

        var filter = GappedLikelihood.Run(polynomials, series, series, new double[series.Length])!;
        var byFilter = -0.5 * (filter.SumLogVariance + filter.SumOfSquares + (filter.Counted * Math.Log(2 * Math.PI)));

        var (mean, covariance, known) = Joint(polynomials, series, series.Length);
        var errors = Vector<double>.Build.Dense(known.Length, i => series[known[i]]) - mean;
        var factor = covariance.Cholesky();
        var byDensity = -0.5 * (factor.DeterminantLn + errors.DotProduct(factor.Solve(errors)) + (known.Length * Math.Log(2 * Math.PI)));
        Assert.Equal(byDensity, byFilter, 1e-6);
    }

    [Fact]
    public void A_gap_at_the_very_start_costs_no_more_than_what_it_hides()
    {
        var (order, coefficients) = Known["airline model of period 4"];
        var series = GaussianProcess.Simulate(order, coefficients, 200, seed: 4);
        var polynomials = Polynomials(order, coefficients);
        var whole = GappedLikelihood.Run(polynomials, series, series, new double[series.Length])!;
        var holed = WithGaps(series, [2]);
        var filled = series.ToArray();
        filled[2] = 100;

        var filter = GappedLikelihood.Run(polynomials, holed, filled, new double[series.Length])!;

        Assert.Equal(whole.Counted - 1, filter.Counted);
        var (wholeMean, holedMean) = (new double[Horizon], new double[Horizon]);
        whole.Forecast(wholeMean, new double[Horizon]);
        filter.Forecast(holedMean, new double[Horizon]);
        for (var h = 0; h < Horizon; h++) Assert.Equal(wholeMean[h], holedMean[h], 1e-2);
    }

    [Fact]
    public void After_a_gap_the_filter_becomes_steady_again()
    {
        var (order, coefficients) = Known["airline model of period 4"];
        var series = WithGaps(GaussianProcess.Simulate(order, coefficients, 400, seed: 4), [390]);
        var filter = GappedLikelihood.Run(Polynomials(order, coefficients), series, series, new double[series.Length])!;
        Assert.False(filter.IsSteady);

        foreach (var value in GaussianProcess.Normals(200, 1)) filter.Step(value);

        Assert.True(filter.IsSteady);
    }

    private static void Compare(string model, int length, int[] gaps)
    {
        var (order, coefficients) = Known[model];
        var series = WithGaps(GaussianProcess.Simulate(order, coefficients, length, seed: 2), gaps);
        var polynomials = Polynomials(order, coefficients);
        var filter = GappedLikelihood.Run(polynomials, series, series, new double[length])!;
        var (means, variances) = (new double[Horizon], new double[Horizon]);
        filter.Forecast(means, variances);

        double[] extended = [.. series, .. Enumerable.Repeat(0.0, Horizon)];
        var (mean, covariance, known) = Joint(polynomials, extended, length + Horizon);
        var split = known.Length - Horizon;
        var observed = covariance.SubMatrix(0, split, 0, split).Cholesky();
        var cross = covariance.SubMatrix(split, Horizon, 0, split);
        var errors = Vector<double>.Build.Dense(split, i => series[known[i]]) - mean.SubVector(0, split);
        var conditionalMean = mean.SubVector(split, Horizon) + (cross * observed.Solve(errors));
        var conditional = covariance.SubMatrix(split, Horizon, split, Horizon) - (cross * observed.Solve(cross.Transpose()));
        for (var h = 0; h < Horizon; h++)
        {
            Assert.Equal(conditionalMean[h], means[h], 1e-5);
            Assert.Equal(conditional[h, h], variances[h], 1e-5 * conditional[h, h]);
        }
    }

    /// <summary>Mean and covariance of the values that are not NaN, given the first d + sD.</summary>
    private static (Vector<double> Mean, Matrix<double> Covariance, int[] Known) Joint(
        ArmaPolynomials polynomials, double[] series, int length)
    {
        var weights = Differencing.Weights(polynomials.Order);
        var start = weights.Length;
        var count = length - start;
        var noise = Matrix<double>.Build.DenseOfArray(GaussianProcess.Covariance(polynomials, count));

        // Row t: how value start + t is made of the differenced values; mean[t]: what the first values and the constant give.
        var integration = Matrix<double>.Build.Dense(count, count);
        var mean = new double[length];
        series.AsSpan(0, start).CopyTo(mean);
        for (var t = 0; t < count; t++)
        {
            integration[t, t] = 1;
            mean[start + t] = polynomials.Constant;
            for (var lag = 1; lag <= start; lag++)
            {
                mean[start + t] += weights[lag - 1] * mean[start + t - lag];
                if (t < lag) continue;
                for (var j = 0; j < t; j++) integration[t, j] += weights[lag - 1] * integration[t - lag, j];
            }
        }
        var covariance = integration * noise * integration.Transpose();
        int[] known = [.. Enumerable.Range(start, count).Where(t => !double.IsNaN(series[t]))];
        return (
            Vector<double>.Build.Dense(known.Length, i => mean[known[i]]),
            Matrix<double>.Build.Dense(known.Length, known.Length, (i, j) => covariance[known[i] - start, known[j] - start]),
            known);
    }

    private static ArmaPolynomials Polynomials(ArimaOrder order, ArimaCoefficients coefficients)
    {
        var polynomials = new ArmaPolynomials(order);
        polynomials.MoveTo(coefficients);
        return polynomials;
    }

    private static double[] WithGaps(double[] series, int[] gaps)
    {
        foreach (var t in gaps) series[t] = double.NaN;
        return series;
    }
}
