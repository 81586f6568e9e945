namespace Foreflow.Core.Profiling;

/// <summary>
/// How a measure grows with input size: ln y = a + b ln x, by recursive least squares over decaying sums. Robust: before
/// it enters, an observation is pulled to within 3 mean absolute errors of its own prediction (Huber's rule), so one
/// broken run cannot turn the line. Every observation is predicted before it is learnt, with and without its size;
/// the line counts only while it is the better of the two out of sample.
/// </summary>
/// <remarks>
/// A line enters from <see cref="MinimumCount"/> observations on and where its error is under 90 % of that of the
/// plain mean: below that its gain does not pay for its variance.
/// </remarks>
public readonly record struct SizeDependence
{
    /// <summary>Fewer observations than this carry no line.</summary>
    public const int MinimumCount = 8;

    private const double WinsorAtErrors = 3;
    private const double MustBeat = 0.9;

    /// <summary>Relative spread of ln x under which all inputs count as one size (1 %).</summary>
    private const double MinimumSpread = 0.01;

    internal SizeDependence(long count, double weight, double meanX, double meanY, double sxx, double sxy, double lineError, double plainError)
    {
        (Count, Weight, MeanX, MeanY) = (count, weight, meanX, meanY);
        (Sxx, Sxy, LineError, PlainError) = (sxx, sxy, lineError, plainError);
    }

    /// <summary>Observations with a known input size.</summary>
    public long Count { get; }

    internal double Weight { get; }
    internal double MeanX { get; }
    internal double MeanY { get; }
    internal double Sxx { get; }
    internal double Sxy { get; }

    /// <summary>Decayed sum of |error| of the line's one-step-ahead predictions, in logarithms.</summary>
    internal double LineError { get; }

    /// <summary>Decayed sum of |error| of the plain mean's one-step-ahead predictions, in logarithms.</summary>
    internal double PlainError { get; }

    /// <summary>Power of the input size the measure grows with: 1 is proportional, 0 not at all.</summary>
    public double Exponent => Weight > 0 && Sxx > MinimumSpread * MinimumSpread * Weight ? Math.Clamp(Sxy / Sxx, -3, 3) : 0;

    /// <summary>Error of the line over that of the plain mean, out of sample: below 1 the size helps. 1 while unknown.</summary>
    public double RelativeError => PlainError > 0 ? LineError / PlainError : 1;

    /// <summary>True where the input size predicts better than ignoring it.</summary>
    public bool IsUseful => Count >= MinimumCount && Exponent != 0 && LineError < MustBeat * PlainError;

    /// <summary>The typical value (a geometric mean) at this input size; where the size does not help, at any size. NaN when empty.</summary>
    public double Predict(double inputBytes) => Weight > 0 ? Math.Exp(IsUseful && inputBytes > 0 ? Line(Math.Log(inputBytes)) : MeanY) : double.NaN;

    private double Line(double x) => MeanY + Exponent * (x - MeanX);

    internal SizeDependence With(double x, double y, double weight)
    {
        if (!(Weight > 0)) return new(Count + 1, weight, x, y, 0, 0, 0, 0);
        double lineError = LineError, plainError = PlainError;
        var line = Line(x);
        if (Count >= MinimumCount / 2)
        {
            var limit = WinsorAtErrors * lineError / Weight;
            lineError += weight * Math.Abs(y - line);
            plainError += weight * Math.Abs(y - MeanY);
            if (limit > 0) y = Math.Clamp(y, line - limit, line + limit);
        }

        var total = Weight + weight;
        if (!(total > 0)) return this;
        var dx = x - MeanX;
        var meanX = MeanX + dx * (weight / total);
        var meanY = MeanY + (y - MeanY) * (weight / total);
        return new(Count + 1, total, meanX, meanY, Sxx + weight * dx * (x - meanX), Sxy + weight * dx * (y - meanY), lineError, plainError);
    }

    internal SizeDependence Merged(in SizeDependence other, double factor)
    {
        var weight = other.Weight * factor;
        if (!(weight > 0)) return this;
        if (!(Weight > 0)) return other.Scaled(factor);
        var total = Weight + weight;
        var (dx, dy) = (other.MeanX - MeanX, other.MeanY - MeanY);
        var cross = Weight * weight / total;
        return new(
            Count + other.Count, total,
            MeanX + dx * (weight / total), MeanY + dy * (weight / total),
            Sxx + other.Sxx * factor + dx * dx * cross, Sxy + other.Sxy * factor + dx * dy * cross,
            LineError + other.LineError * factor, PlainError + other.PlainError * factor);
    }

    internal SizeDependence Scaled(double factor) =>
        new(Count, Weight * factor, MeanX, MeanY, Sxx * factor, Sxy * factor, LineError * factor, PlainError * factor);
}
