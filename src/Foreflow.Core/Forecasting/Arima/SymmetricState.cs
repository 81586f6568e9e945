using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// Covariance of the state of an <see cref="ArimaFilter"/>, in innovation variances: the ARMA vector first, then the missing values.
/// Rows are whole, so that every operation runs over contiguous memory.
/// </summary>
internal sealed class SymmetricState
{
    private readonly int _armaLength;
    private List<double[]> _rows;
    private List<double[]> _spare;

    private SymmetricState(int armaLength, List<double[]> rows)
    {
        _armaLength = armaLength;
        _rows = rows;
        _spare = [.. rows.Select(row => new double[row.Length])];
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

    /// <summary>What observing leaves: P − g gᵀ / F.</summary>
    public void Reduce(double[] gain, double variance)
    {
        for (var i = 0; i < Length; i++)
        {
            if (gain[i] == 0) continue;
            var row = _rows[i].AsSpan(0, Length);
            TensorPrimitives.MultiplyAdd(gain, -gain[i] / variance, row, row);
        }
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
        Respare();
    }

    /// <summary>Adds an element that depends on no other.</summary>
    public void AppendIndependent(double variance) => Append(new double[Length], variance);

    /// <summary>Takes an element out.</summary>
    public void RemoveAt(int index)
    {
        _rows.RemoveAt(index);
        for (var i = 0; i < _rows.Count; i++) _rows[i] = [.. _rows[i].AsSpan(0, index), .. _rows[i].AsSpan(index + 1)];
        Respare();
    }

    /// <summary>T P Tᵀ + R Rᵀ, where T moves the ARMA vector and leaves the missing values as they are.</summary>
    public void Transition(ArmaPolynomials polynomials)
    {
        var (r, n) = (_armaLength, Length);
        var first = _rows[0].AsSpan(0, n);
        for (var i = 0; i < n; i++)
        {
            var target = _spare[i].AsSpan(0, n);
            if (i >= r) _rows[i].AsSpan(0, n).CopyTo(target);
            else if (i + 1 < r) _rows[i + 1].AsSpan(0, n).CopyTo(target);
            else target.Clear();
            if (i < r && Phi(polynomials, i) is var phi && phi != 0) TensorPrimitives.MultiplyAdd(first, phi, target, target);

            var leading = target[0];
            target[1..r].CopyTo(target);
            target[r - 1] = 0;
            foreach (var lag in polynomials.AutoregressiveLags) target[lag - 1] += polynomials.Autoregressive[lag - 1] * leading;
        }
        (_rows, _spare) = (_spare, _rows);
        AddNoise(polynomials);
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

    private void Respare()
    {
        if (_spare.Count == _rows.Count && _spare[0].Length == _rows.Count) return;
        _spare = Zeros(_rows.Count);
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
