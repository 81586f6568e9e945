using System.Runtime.InteropServices;

namespace Foreflow.Simulator.Measures;

/// <summary>
/// Sorts by digits, least significant first (Knuth, The Art of Computer Programming, 5.2.5): a simulation waits a million
/// times, and to compare them all takes a tenth of its time.
/// </summary>
internal static class RadixSort
{
    private const int DigitBits = 11;

    /// <summary>Below so many numbers the counters alone cost more than comparing.</summary>
    private const int Worthwhile = 1 << DigitBits;

    /// <summary>The numbers from the least on, in the array given or in one that takes its place. None may be NaN.</summary>
    public static float[] Sort(float[] numbers)
    {
        if (numbers.Length < Worthwhile)
        {
            Array.Sort(numbers);
            return numbers;
        }

        var other = new float[numbers.Length];
        for (var shift = 0; shift < 32; shift += DigitBits)
        {
            if (Distribute(MemoryMarshal.Cast<float, uint>(numbers.AsSpan()), MemoryMarshal.Cast<float, uint>(other.AsSpan()), shift)) (numbers, other) = (other, numbers);
        }

        return numbers;
    }

    /// <summary>Puts the numbers in the order of one digit. False, and nothing done, where all have the same.</summary>
    private static bool Distribute(ReadOnlySpan<uint> from, Span<uint> to, int shift)
    {
        Span<int> next = stackalloc int[1 << DigitBits];
        next.Clear();
        foreach (var bits in from) next[Digit(bits, shift)]++;
        if (next[Digit(from[0], shift)] == from.Length) return false;
        var sum = 0;
        foreach (ref var count in next) (count, sum) = (sum, sum + count);
        foreach (var bits in from) to[next[Digit(bits, shift)]++] = bits;
        return true;
    }

    /// <summary>Bits of non-negative numbers are in the order of the numbers; those of negative ones the other way round, and before them.</summary>
    private static int Digit(uint bits, int shift) => (int)(((bits ^ (uint)((int)bits >> 31 | int.MinValue)) >> shift) & ((1 << DigitBits) - 1));
}
