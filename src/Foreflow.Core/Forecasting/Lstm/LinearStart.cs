using MathNet.Numerics.LinearAlgebra;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// The linear model training starts from: ridge regression of the targets on the features of their steps, drawn towards the
/// seasonal naive forecast rather than towards zero. A network that learns nothing is this model, and this model, where the
/// history says nothing against it, is the seasonal naive forecast.
/// </summary>
/// <param name="Weights">One per feature of a step ahead.</param>
/// <param name="Intercept">In units of the window's spread.</param>
/// <param name="ResidualDeviation">Standard deviation of what the model leaves unexplained, in units of the window's spread.</param>
internal sealed record LinearStart(double[] Weights, double Intercept, double ResidualDeviation)
{
    // Neighbouring windows overlap, so a few hundred hold nearly all there is to know about a few dozen weights.
    private const int MaxWindows = 1000;

    // Relative to the number of rows: features are about unit size, and overlapping windows count for far fewer than their number.
    private const double Penalty = 0.01;

    /// <summary>Fits the model to evenly spaced windows.</summary>
    /// <param name="prior">The weights to be drawn towards.</param>
    public static LinearStart Fit(
        IReadOnlyList<FilledSeries> series, WindowFeatures features, TrainingWindow[] windows, double[] prior, LstmBatch scratch)
    {
        var size = features.StepInputs + 1;
        var products = new double[size, size];
        var moments = new double[size];
        var row = new double[size];
        double squares = 0;
        var rows = 0;
        foreach (var target in Rows(series, features, windows, scratch, row))
        {
            var rest = target;
            for (var i = 0; i < prior.Length; i++) rest -= prior[i] * row[i];
            for (var i = 0; i < size; i++)
            {
                moments[i] += row[i] * rest;
                for (var j = 0; j <= i; j++) products[i, j] += row[i] * row[j];
            }

            squares += rest * rest;
            rows++;
        }

        if (rows == 0) return new LinearStart(prior, 0, 1);
        var moved = Solve(products, moments, Penalty * rows);
        // Residual squares of a penalised fit: y'y - 2 b'X'y + b'X'X b, and X'X b = X'y - penalty b.
        for (var i = 0; i < size; i++) squares -= moved[i] * (moments[i] + (Penalty * rows * moved[i]));
        return new LinearStart(
            [.. prior.Select((weight, i) => weight + moved[i])], moved[^1], Math.Sqrt(Math.Max(0, squares) / rows));
    }

    private static IEnumerable<double> Rows(
        IReadOnlyList<FilledSeries> series, WindowFeatures features, TrainingWindow[] windows, LstmBatch scratch, double[] row)
    {
        var stride = Math.Max(1, windows.Length / MaxWindows);
        scratch.Count = 1;
        row[^1] = 1;
        for (var w = windows.Length % stride; w < windows.Length; w += stride)
        {
            features.Write(series[windows[w].Series], windows[w].Origin, scratch, 0);
            for (var h = 0; h < features.Horizon; h++)
            {
                if (float.IsNaN(scratch.Targets[h])) continue;
                for (var i = 0; i < features.StepInputs; i++) row[i] = scratch.StepInputs[(h * features.StepInputs) + i];
                yield return scratch.Targets[h];
            }
        }
    }

    private static double[] Solve(double[,] lower, double[] moments, double penalty)
    {
        var size = moments.Length;
        var matrix = Matrix<double>.Build.Dense(size, size, (i, j) => (i >= j ? lower[i, j] : lower[j, i]) + (i == j ? penalty : 0));
        return matrix.Cholesky().Solve(Vector<double>.Build.DenseOfArray(moments)).AsArray();
    }
}
