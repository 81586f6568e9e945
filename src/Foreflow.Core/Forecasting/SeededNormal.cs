namespace Foreflow.Core.Forecasting;

/// <summary>
/// Standard normal numbers from a seed: SplitMix64 for the bits (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom
/// number generators"), Box and Muller (1958) for the shape. The same on every machine.
/// </summary>
internal sealed class SeededNormal(ulong seed)
{
    private ulong _state = seed;
    private double _spare = double.NaN;

    /// <summary>The next number.</summary>
    public double Next()
    {
        if (!double.IsNaN(_spare))
        {
            var spare = _spare;
            _spare = double.NaN;
            return spare;
        }
        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform()));
        var (sine, cosine) = Math.SinCos(2 * Math.PI * Uniform());
        _spare = radius * sine;
        return radius * cosine;
    }

    /// <summary>Uniform in [0, 1).</summary>
    private double Uniform()
    {
        _state += 0x9E3779B97F4A7C15;
        var bits = _state;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        bits ^= bits >> 31;
        return (bits >> 11) * (1.0 / (1UL << 53));
    }
}
