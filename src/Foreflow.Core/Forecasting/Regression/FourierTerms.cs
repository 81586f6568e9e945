namespace Foreflow.Core.Forecasting.Regression;

/// <summary>A constant and pairs of sine and cosine at the harmonics of one or more periods.</summary>
internal sealed class FourierTerms
{
    /// <summary>Values for each term; with fewer the highest harmonics are left out.</summary>
    private const int ValuesPerTerm = 4;

    /// <summary>Sines of one full turn per frequency: a harmonic of a whole period repeats, so its values are looked up.</summary>
    private readonly (int Period, int Harmonic)[] _frequencies;

    private FourierTerms((int Period, int Harmonic)[] frequencies) => _frequencies = frequencies;

    /// <summary>Columns of the regression: a constant, then a sine and a cosine for each frequency.</summary>
    public int Count => 1 + (2 * _frequencies.Length);

    /// <summary>Chooses the frequencies, none twice: a harmonic of a long period that a shorter one already has is skipped.</summary>
    public static FourierTerms For(IReadOnlyList<int> periods, int harmonics, int longHarmonics, int length)
    {
        var frequencies = new List<(int Period, int Harmonic)>();
        var most = Math.Max(1, ((length / ValuesPerTerm) - 1) / 2);
        for (var i = 0; i < periods.Count; i++)
        {
            var wanted = i == 0 ? harmonics : longHarmonics;
            for (var harmonic = 1; harmonic <= periods[i] / 2 && wanted > 0 && frequencies.Count < most; harmonic++)
            {
                var isKnown = frequencies.Exists(f => (long)f.Harmonic * periods[i] == (long)harmonic * f.Period);
                if (isKnown) continue;
                frequencies.Add((periods[i], harmonic));
                wanted--;
            }
        }
        return new FourierTerms([.. frequencies]);
    }

    /// <summary>The columns for steps 0 to <paramref name="length"/>.</summary>
    public double[][] Columns(int length)
    {
        var columns = new double[Count][];
        columns[0] = new double[length];
        Array.Fill(columns[0], 1);
        for (var f = 0; f < _frequencies.Length; f++)
        {
            var period = _frequencies[f].Period;
            double[] sine = columns[1 + (2 * f)] = new double[length], cosine = columns[2 + (2 * f)] = new double[length];
            for (var t = 0; t < length; t++)
                (sine[t], cosine[t]) = t < period ? Math.SinCos(Angle(f, t)) : (sine[t - period], cosine[t - period]);
        }
        return columns;
    }

    /// <summary>The regression's value at one step.</summary>
    public double Value(long time, ReadOnlySpan<double> coefficients)
    {
        var sum = coefficients[0];
        for (var f = 0; f < _frequencies.Length; f++)
        {
            var (sine, cosine) = Math.SinCos(Angle(f, time % _frequencies[f].Period));
            sum += (coefficients[1 + (2 * f)] * sine) + (coefficients[2 + (2 * f)] * cosine);
        }
        return sum;
    }

    private double Angle(int frequency, long time)
    {
        var (period, harmonic) = _frequencies[frequency];
        return 2 * Math.PI * harmonic * time / period;
    }
}
