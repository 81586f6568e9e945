namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// The products φ(B)Φ(Bˢ) and θ(B)Θ(Bˢ) of a seasonal ARMA model at one point of its parameter space, both as plain arrays and
/// as the few lags that are not zero. Reused from point to point.
/// </summary>
internal sealed class ArmaPolynomials
{
    private readonly ArimaOrder _order;
    private readonly double[] _factors;

    // A moving average θ is invertible where −θ, read as an autoregression, is stationary: hence the sign.
    private readonly (int Length, int Sign)[] _blocks;

    public ArmaPolynomials(ArimaOrder order)
    {
        _order = order;
        _factors = new double[order.CoefficientCount];
        _blocks =
        [
            (order.Autoregressive, 1), (order.MovingAverage, -1),
            (order.SeasonalAutoregressive, 1), (order.SeasonalMovingAverage, -1),
        ];
        Autoregressive = new double[order.LongestAutoregressiveLag];
        MovingAverage = new double[order.LongestMovingAverageLag];
        AutoregressiveLags = Lags(order.Autoregressive, order.SeasonalAutoregressive, order.Period);
        MovingAverageLags = Lags(order.MovingAverage, order.SeasonalMovingAverage, order.Period);
    }

    /// <summary>The orders.</summary>
    public ArimaOrder Order => _order;

    /// <summary>Element k−1 multiplies xₜ₋ₖ: xₜ = Σ φₖ xₜ₋ₖ + εₜ + Σ θₖ εₜ₋ₖ.</summary>
    public double[] Autoregressive { get; }

    /// <summary>Element k−1 multiplies εₜ₋ₖ.</summary>
    public double[] MovingAverage { get; }

    /// <summary>Lags with an autoregressive coefficient, ascending.</summary>
    public int[] AutoregressiveLags { get; }

    /// <summary>Lags with a moving-average coefficient, ascending.</summary>
    public int[] MovingAverageLags { get; }

    /// <summary>The constant c that is taken from the differenced series.</summary>
    public double Constant { get; private set; }

    /// <summary>Length of the state vector in Harvey's form: max(p + sP, q + sQ + 1).</summary>
    public int StateLength => Math.Max(Autoregressive.Length, MovingAverage.Length + 1);

    /// <summary>Moves to a point of the unbounded space that the optimiser walks: partial autocorrelations, then the constant.</summary>
    public void MoveTo(ReadOnlySpan<double> unbounded)
    {
        var rest = _factors.AsSpan();
        var at = 0;
        foreach (var (length, sign) in _blocks)
        {
            var block = rest[..length];
            for (var i = 0; i < length; i++) block[i] = PartialAutocorrelations.FromUnbounded(unbounded[at++]);
            PartialAutocorrelations.ToCoefficients(block);
            if (sign < 0) Negate(block);
            rest = rest[length..];
        }
        Constant = _order.HasConstant ? unbounded[at] : 0;
        Expand();
    }

    /// <summary>Moves to given coefficients.</summary>
    public void MoveTo(ArimaCoefficients coefficients)
    {
        var at = 0;
        foreach (var block in coefficients.Blocks())
        {
            block.CopyTo(_factors, at);
            at += block.Length;
        }
        Constant = coefficients.Constant;
        Expand();
    }

    /// <summary>The coefficients of the factors φ, θ, Φ, Θ and the constant at the present point.</summary>
    public ArimaCoefficients Coefficients()
    {
        var blocks = new double[4][];
        var at = 0;
        var index = 0;
        foreach (var (length, _) in _blocks)
        {
            blocks[index++] = _factors[at..(at + length)];
            at += length;
        }
        return new ArimaCoefficients(blocks[0], blocks[1], blocks[2], blocks[3], Constant);
    }

    private void Expand()
    {
        var (p, q, seasonalP, seasonalQ) =
            (_order.Autoregressive, _order.MovingAverage, _order.SeasonalAutoregressive, _order.SeasonalMovingAverage);
        var factors = _factors.AsSpan();
        Multiply(factors[..p], factors.Slice(p + q, seasonalP), -1, Autoregressive);
        Multiply(factors.Slice(p, q), factors.Slice(p + q + seasonalP, seasonalQ), 1, MovingAverage);
    }

    private void Multiply(ReadOnlySpan<double> plain, ReadOnlySpan<double> seasonal, int sign, double[] product)
    {
        Array.Clear(product);
        for (var i = 0; i < plain.Length; i++) product[i] += plain[i];
        for (var j = 0; j < seasonal.Length; j++)
        {
            var lag = _order.Period * (j + 1);
            product[lag - 1] += seasonal[j];
            for (var i = 0; i < plain.Length; i++) product[lag + i] += sign * plain[i] * seasonal[j];
        }
    }

    private static void Negate(Span<double> values)
    {
        for (var i = 0; i < values.Length; i++) values[i] = -values[i];
    }

    private static int[] Lags(int plain, int seasonal, int period)
    {
        var lags = new SortedSet<int>();
        for (var j = 0; j <= seasonal; j++)
        {
            for (var i = 0; i <= plain; i++) lags.Add((j * period) + i);
        }
        lags.Remove(0);
        return [.. lags];
    }
}
