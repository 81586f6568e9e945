namespace Foreflow.Core.Model;

/// <summary>
/// Random numbers without state: a draw is a hash of what it is for. The same purpose gets the same number in every
/// cycle and every policy (common random numbers), and adding a stage leaves the draws of all others unmoved.
/// Mixing function: SplitMix64 (Steele, Lea and Flood 2014).
/// </summary>
public static class Draw
{
    /// <summary>A well mixed 64-bit hash of a number.</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }

    /// <summary>A hash of two numbers, in this order.</summary>
    public static ulong Mix(ulong a, ulong b) => Mix(Mix(a) ^ b);

    /// <summary>A hash of a text; the same on every machine and in every process.</summary>
    public static ulong Mix(string text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var c in text) hash = (hash ^ c) * 0x100000001B3UL;
        return Mix(hash);
    }

    /// <summary>The hash as a number uniform on [0, 1).</summary>
    public static double Uniform(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number uniform on [0, 1) for a purpose given by a seed and two numbers.</summary>
    public static double Uniform(ulong seed, ulong a, ulong b) => Uniform(Mix(Mix(seed, a), b));
}
