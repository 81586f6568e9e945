using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// Covariance of the state of an <see cref="ArimaFilter"/>, in innovation variances: the ARMA vector first, then the missing values.
/// Rows are whole, so that every operation runs over contiguous memory.
/// </summary>
internal sealed class SymmetricState
{
    private readonly int _armaLength;
    private readonly List<double[]> _rows;
    private double[] _first;

    private SymmetricState(int armaLength, List<double[]> rows)
    {
        _armaLength = armaLength;
        _rows = rows;
        _first = new double[rows.Count];
    }

    /// <summary>Elements of the state.</summary>
    public int Length => _rows.Count;

    /// <summary>The stationary covariance, grown backwards from the state's covariance with the observation.</summary>
    /// <param name="column">Its first column.</param>
    public static SymmetricState Stationary(ArmaPolynomials polynomials, double[] column)
    {
        var r = polynomials.StateLength;
        var rows = Zeros(r);
        var noise = Noise(polynomials);
        column.CopyTo(rows[0], 0);
        for (var i = r - 1; i >= 1; i--)
        {
            for (var j = i; j >= 1; j--)
            {
                var value = noise[i] * noise[j];
                if (i + 1 < r) value += rows[i + 1][j + 1];
                var (a, b) = (Phi(polynomials, i), Phi(polynomials, j));
                if (a != 0) value += a * ((j + 1 < r ? column[j + 1] : 0) + (b * column[0]));
                if (b != 0 && i + 1 < r) value += b * column[i + 1];
                rows[i][j] = rows[j][i] = value;
            }
            rows[i][0] = column[i];
        }
        return new SymmetricState(r, rows);
    }

    /// <summary>The covariance once all of the past is known: that of the next innovation alone.</summary>
    public static SymmetricState Converged(ArmaPolynomials polynomials)
    {
        var noise = Noise(polynomials);
        var rows = Zeros(noise.Length);
        for (var i = 0; i < noise.Length; i++) TensorPrimitives.Multiply(noise, noise[i], rows[i]);
        return new SymmetricState(noise.Length, rows);
    }

    public SymmetricState Clone() => new(_armaLength, [.. _rows.Select(row => (double[])row.Clone())]);

    /// <summary>Covariance of the state with an observation, and the variance of that observation.</summary>
    public (double[] Gain, double Variance) Observe(double[] loading)
    {
        var gain = new double[Length];
        for (var i = 0; i < Length; i++)
        {
            if (loading[i] != 0) TensorPrimitives.MultiplyAdd(_rows[i].AsSpan(0, Length), loading[i], gain, gain);
        }
        return (gain, TensorPrimitives.Dot<double>(gain, loading));
    }

    /// <summary>Adds an element that depends on the others as an observation would.</summary>
    public void Append(double[] gain, double variance)
    {
        var n = Length;
        var row = new double[n + 1];
        gain.CopyTo(row, 0);
        row[n] = variance;
        for (var i = 0; i < n; i++) _rows[i] = [.. _rows[i].AsSpan(0, n), gain[i]];
        _rows.Add(row);
        if (_first.Length < _rows.Count) _first = new double[_rows.Count];
    }

    /// <summary>Adds an element that depends on no other.</summary>
    public void AppendIndependent(double variance) => Append(new double[Length], variance);

    /// <summary>Takes an element out.</summary>
    public void RemoveAt(int index)
    {
        _rows.RemoveAt(index);
        for (var i = 0; i < _rows.Count; i++) _rows[i] = [.. _rows[i].AsSpan(0, index), .. _rows[i].AsSpan(index + 1)];
    }

    /// <summary>
    /// One step on: T (P − g gᵀ/F) Tᵀ + R Rᵀ, where T moves the ARMA vector and leaves the missing values as they are. In place, row
    /// by row: a new row needs the old one below it and the first.
    /// </summary>
    /// <param name="gain">g: covariance of the state with what was observed; zeros where nothing was.</param>
    /// <param name="variance">F: variance of what was observed.</param>
    public void Advance(ArmaPolynomials polynomials, double[] gain, double variance)
    {
        var (r, n) = (_armaLength, Length);
        TensorPrimitives.MultiplyAdd(gain, -gain[0] / variance, _rows[0].AsSpan(0, n), _first.AsSpan(0, n));
        for (var i = 0; i < r; i++)
        {
            var target = _rows[i];
            double leading = 0;
            if (i + 1 < r)
            {
                var below = _rows[i + 1];
                var factor = -gain[i + 1] / variance;
                leading = below[0] + (factor * gain[0]);
                TensorPrimitives.MultiplyAdd(gain.AsSpan(1, r - 1), factor, below.AsSpan(1, r - 1), target.AsSpan(0, r - 1));
                if (n > r) TensorPrimitives.MultiplyAdd(gain.AsSpan(r, n - r), factor, below.AsSpan(r, n - r), target.AsSpan(r, n - r));
                target[r - 1] = 0;
            }
            else
            {
                Array.Clear(target);
            }
            if (Phi(polynomials, i) is var phi && phi != 0)
            {
                leading += phi * _first[0];
                AddScaled(_first, phi, target, r, n);
            }
            AddAutoregression(polynomials, target, leading);
        }
        for (var i = r; i < n; i++) AdvanceMissing(polynomials, _rows[i], gain, -gain[i] / variance);
        AddNoise(polynomials);
    }

    private static void AddScaled(double[] first, double phi, double[] target, int r, int n)
    {
        TensorPrimitives.MultiplyAdd(first.AsSpan(1, r - 1), phi, target.AsSpan(0, r - 1), target.AsSpan(0, r - 1));
        if (n > r) TensorPrimitives.MultiplyAdd(first.AsSpan(r, n - r), phi, target.AsSpan(r, n - r), target.AsSpan(r, n - r));
    }

    /// <summary>The row of a missing value: it stays where it is, and only its covariances with the ARMA vector move.</summary>
    private void AdvanceMissing(ArmaPolynomials polynomials, double[] row, double[] gain, double factor)
    {
        var all = row.AsSpan(0, Length);
        if (factor != 0) TensorPrimitives.MultiplyAdd(gain, factor, all, all);
        var leading = row[0];
        row.AsSpan(1, _armaLength - 1).CopyTo(row);
        row[_armaLength - 1] = 0;
        AddAutoregression(polynomials, row, leading);
    }

    private static void AddAutoregression(ArmaPolynomials polynomials, double[] row, double leading)
    {
        foreach (var lag in polynomials.AutoregressiveLags) row[lag - 1] += polynomials.Autoregressive[lag - 1] * leading;
    }

    /// <summary>The quadratic form x P xᵀ.</summary>
    public double Form(double[] x)
    {
        double sum = 0;
        for (var i = 0; i < Length; i++)
        {
            if (x[i] != 0) sum += x[i] * TensorPrimitives.Dot<double>(_rows[i].AsSpan(0, Length), x);
        }
        return sum;
    }

    /// <summary>Trace of what is uncertain beyond the next innovation; it only falls towards 0.</summary>
    public double ExcessOver(ArmaPolynomials polynomials)
    {
        double excess = _rows[0][0] - 1;
        var theta = polynomials.MovingAverage;
        for (var i = 1; i < _armaLength; i++) excess += _rows[i][i] - (i <= theta.Length ? theta[i - 1] * theta[i - 1] : 0);
        return excess;
    }

    private void AddNoise(ArmaPolynomials polynomials)
    {
        var theta = polynomials.MovingAverage;
        _rows[0][0] += 1;
        foreach (var i in polynomials.MovingAverageLags)
        {
            _rows[0][i] += theta[i - 1];
            _rows[i][0] += theta[i - 1];
            foreach (var j in polynomials.MovingAverageLags) _rows[i][j] += theta[i - 1] * theta[j - 1];
        }
    }

    private static double Phi(ArmaPolynomials polynomials, int index) =>
        index < polynomials.Autoregressive.Length ? polynomials.Autoregressive[index] : 0;

    private static double[] Noise(ArmaPolynomials polynomials) =>
        [1, .. polynomials.MovingAverage, .. new double[polynomials.StateLength - 1 - polynomials.MovingAverage.Length]];

    private static List<double[]> Zeros(int size)
    {
        var rows = new List<double[]>(size);
        for (var i = 0; i < size; i++) rows.Add(new double[size]);
        return rows;
    }
}
