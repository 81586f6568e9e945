using System.Runtime.Intrinsics;

namespace Foreflow.Core.Reservation;

/// <summary>What a stretch of steps does to a value: by how much it changes it, and the highest and lowest change after any of them.</summary>
internal readonly struct StepSum(Vector256<long> sum, Vector256<long> max, Vector256<long> min)
{
    // As far from zero as sums of two of them stay within a long.
    private const long Far = 1L << 62;

    /// <summary>Of no steps.</summary>
    public static readonly StepSum Empty = new(default, Vector256.Create(-Far), Vector256.Create(Far));

    public readonly Vector256<long> Sum = sum;
    public readonly Vector256<long> Max = max;
    public readonly Vector256<long> Min = min;

    public static StepSum Of(ReadOnlySpan<Vector256<long>> changes)
    {
        var sum = Vector256<long>.Zero;
        var max = Empty.Max;
        var min = Empty.Min;
        foreach (var change in changes)
        {
            sum += change;
            max = Vector256.Max(max, sum);
            min = Vector256.Min(min, sum);
        }

        return new(sum, max, min);
    }

    public static StepSum Join(in StepSum first, in StepSum second) => new(
        first.Sum + second.Sum,
        Vector256.Max(first.Max, first.Sum + second.Max),
        Vector256.Min(first.Min, first.Sum + second.Min));
}
