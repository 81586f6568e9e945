using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Decomposition;

/// <summary>
/// Locally weighted regression on an evenly spaced series. The spacing being fixed, each smoothed value is a fixed weighted
/// sum of its neighbours: the weights are worked out once and reused for every series of the same length.
/// </summary>
/// <remarks>Source: Cleveland, Cleveland, McRae and Terpenning (1990), "STL: A seasonal-trend decomposition", section 2.</remarks>
internal sealed class LoessSmoother
{
    private readonly int _length;
    private readonly int _first;
    private readonly (int Start, double[] Weights)[] _rows;

    /// <param name="length">Length of the series to smooth.</param>
    /// <param name="span">Neighbours in each local fit; more than the length widens the bandwidth in proportion.</param>
    /// <param name="degree">0 fits a local constant, 1 a local line.</param>
    /// <param name="extension">Positions beyond either end that are extrapolated too.</param>
    public LoessSmoother(int length, int span, int degree, int extension = 0)
    {
        _length = length;
        _first = -extension;
        _rows = new (int, double[])[length + (2 * extension)];
        double[]? interior = null;
        var neighbours = Math.Min(span, length);
        for (var i = 0; i < _rows.Length; i++)
        {
            var position = _first + i;
            var start = Math.Clamp(position - (neighbours / 2), 0, length - neighbours);
            var isInterior = position - start == neighbours / 2 && neighbours % 2 == 1;
            var weights = isInterior && interior is not null ? interior : Weights(position, start, neighbours, span, degree);
            if (isInterior) interior = weights;
            _rows[i] = (start, weights);
        }
    }

    /// <summary>The smoothed series, with its extension at both ends.</summary>
    public double[] Smooth(ReadOnlySpan<double> series)
    {
        if (series.Length != _length) throw new ArgumentException($"Made for {_length} values, given {series.Length}.", nameof(series));
        var smooth = new double[_rows.Length];
        for (var i = 0; i < smooth.Length; i++)
        {
            var (start, weights) = _rows[i];
            smooth[i] = TensorPrimitives.Dot<double>(series.Slice(start, weights.Length), weights);
        }
        return smooth;
    }

    private static double[] Weights(int position, int start, int neighbours, int span, int degree)
    {
        double bandwidth = Math.Max(Math.Abs(position - start), Math.Abs(start + neighbours - 1 - position));
        if (span > neighbours) bandwidth += (span - neighbours) / 2.0;
        // The farthest neighbour would count nothing; a little more bandwidth keeps a fit on two or three points defined.
        bandwidth = Math.Max(bandwidth * 1.001, 0.5);

        var weights = new double[neighbours];
        double total = 0, centre = 0;
        for (var j = 0; j < neighbours; j++)
        {
            var distance = Math.Abs(start + j - position) / bandwidth;
            var tricube = 1 - (distance * distance * distance);
            weights[j] = tricube <= 0 ? 0 : tricube * tricube * tricube;
            total += weights[j];
            centre += weights[j] * (start + j);
        }
        TensorPrimitives.Divide(weights, total, weights);
        if (degree == 0) return weights;

        centre /= total;
        double spread = 0;
        for (var j = 0; j < neighbours; j++) spread += weights[j] * (start + j - centre) * (start + j - centre);
        if (spread <= 1e-9 * bandwidth * bandwidth) return weights;
        for (var j = 0; j < neighbours; j++) weights[j] *= 1 + ((position - centre) * (start + j - centre) / spread);
        return weights;
    }
}
