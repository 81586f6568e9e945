using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Linear;

/// <summary>
/// Ridge regression by its normal equations: solves (XᵀX + λ·diag(XᵀX)) β = Xᵀy by Cholesky decomposition.
/// The penalty is relative to each column's own size, so that scaling a series or a column changes nothing.
/// </summary>
/// <remarks>
/// Source: Hoerl and Kennard (1970), "Ridge regression: biased estimation for nonorthogonal problems".
/// Written here rather than taken from a matrix library because the columns of a regression on lags are slices of one
/// series: their products need no copied design matrix.
/// </remarks>
internal sealed class NormalEquations(int size)
{
    private readonly double[,] _gram = new double[size, size];
    private readonly double[] _moment = new double[size];

    /// <summary>Number of coefficients.</summary>
    public int Size => size;

    /// <summary>Sets one entry of XᵀX, and its mirror image.</summary>
    public void SetProduct(int row, int column, double value) => _gram[row, column] = _gram[column, row] = value;

    /// <summary>Sets one entry of Xᵀy.</summary>
    public void SetMoment(int row, double value) => _moment[row] = value;

    /// <summary>Takes columns of equal length and the target, and forms every product.</summary>
    public static NormalEquations Of(IReadOnlyList<ReadOnlyMemory<double>> columns, ReadOnlySpan<double> target)
    {
        var equations = new NormalEquations(columns.Count);
        for (var i = 0; i < columns.Count; i++)
        {
            equations.SetMoment(i, TensorPrimitives.Dot(columns[i].Span, target));
            for (var j = 0; j <= i; j++) equations.SetProduct(i, j, TensorPrimitives.Dot(columns[i].Span, columns[j].Span));
        }
        return equations;
    }

    /// <summary>Solves for the coefficients. A column without any variation of its own gets a coefficient near 0, not an error.</summary>
    /// <param name="penalty">Ridge penalty λ per coefficient, relative to the column's own sum of squares.</param>
    public double[] Solve(Func<int, double> penalty)
    {
        var factor = Factor(penalty);
        var solution = (double[])_moment.Clone();
        for (var i = 0; i < size; i++)
        {
            var row = factor[i].AsSpan(0, i);
            solution[i] = (solution[i] - TensorPrimitives.Dot(row, solution.AsSpan(0, i))) / factor[i][i];
        }
        for (var i = size - 1; i >= 0; i--)
        {
            solution[i] /= factor[i][i];
            for (var k = 0; k < i; k++) solution[k] -= factor[i][k] * solution[i];
        }
        return solution;
    }

    /// <summary>Rows of the lower Cholesky factor.</summary>
    private double[][] Factor(Func<int, double> penalty)
    {
        const double relativeFloor = 1e-10;
        var rows = new double[size][];
        for (var i = 0; i < size; i++)
        {
            var row = rows[i] = new double[i + 1];
            for (var j = 0; j <= i; j++)
            {
                var rest = _gram[i, j] - TensorPrimitives.Dot(row.AsSpan(0, j), rows[j].AsSpan(0, j));
                if (i == j)
                {
                    // A pivot near 0 is a column the others already span. Its factor is made large, its coefficient small.
                    rest += penalty(i) * _gram[i, i];
                    row[i] = rest > relativeFloor * _gram[i, i] ? Math.Sqrt(rest) : Math.Sqrt(Math.Max(_gram[i, i], 1));
                }
                else
                {
                    row[j] = rest / rows[j][j];
                }
            }
        }
        return rows;
    }
}
