using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// The few dense loops a recurrent network spends its time in.
/// Every result element is one chain of fused multiply-adds in a fixed order, so the same parameters give the same bits
/// whatever the vector width of the machine, and whatever else is in the batch.
/// </summary>
internal static class VectorKernels
{
    private const int RowBlock = 4;

    /// <summary>C[m,n] += A[m,k] B[k,n]; B and C row-major and dense, A addressed by strides (so that it may be a transpose).</summary>
    public static void MultiplyAdd(
        ReadOnlySpan<float> a, int aRowStride, int aColumnStride, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k)
    {
        if (m == 0 || n == 0 || k == 0) return;
        // One check here stands for the bounds checks the inner loops leave out.
        if (a.Length <= ((m - 1) * aRowStride) + ((k - 1) * aColumnStride) || b.Length < k * n || c.Length < m * n)
            throw new ArgumentException("a matrix is smaller than its stated size");

        ref var a0 = ref MemoryMarshal.GetReference(a);
        ref var b0 = ref MemoryMarshal.GetReference(b);
        ref var c0 = ref MemoryMarshal.GetReference(c);
        var row = 0;
        for (; row + RowBlock <= m; row += RowBlock)
            FourRows(ref Unsafe.Add(ref a0, row * aRowStride), aRowStride, aColumnStride, ref b0, ref Unsafe.Add(ref c0, row * n), n, k);
        for (; row < m; row++)
            OneRow(ref Unsafe.Add(ref a0, row * aRowStride), aColumnStride, ref b0, ref Unsafe.Add(ref c0, row * n), n, k);
    }

    // Four rows by two vectors: eight accumulators stay in registers over the whole of k.
    private static void FourRows(ref float a, int aRow, int aColumn, ref float b, ref float c, int n, int k)
    {
        var width = Vector<float>.Count;
        var column = 0;
        for (; column + (2 * width) <= n; column += 2 * width)
        {
            ref var c0 = ref Unsafe.Add(ref c, column);
            ref var c1 = ref Unsafe.Add(ref c0, n);
            ref var c2 = ref Unsafe.Add(ref c1, n);
            ref var c3 = ref Unsafe.Add(ref c2, n);
            var s00 = Vector.LoadUnsafe(ref c0);
            var s01 = Vector.LoadUnsafe(ref c0, (nuint)width);
            var s10 = Vector.LoadUnsafe(ref c1);
            var s11 = Vector.LoadUnsafe(ref c1, (nuint)width);
            var s20 = Vector.LoadUnsafe(ref c2);
            var s21 = Vector.LoadUnsafe(ref c2, (nuint)width);
            var s30 = Vector.LoadUnsafe(ref c3);
            var s31 = Vector.LoadUnsafe(ref c3, (nuint)width);
            ref var ak = ref a;
            ref var bk = ref Unsafe.Add(ref b, column);
            for (var i = 0; i < k; i++)
            {
                var b0 = Vector.LoadUnsafe(ref bk);
                var b1 = Vector.LoadUnsafe(ref bk, (nuint)width);
                var x0 = new Vector<float>(ak);
                var x1 = new Vector<float>(Unsafe.Add(ref ak, aRow));
                s00 = Vector.FusedMultiplyAdd(x0, b0, s00);
                s01 = Vector.FusedMultiplyAdd(x0, b1, s01);
                s10 = Vector.FusedMultiplyAdd(x1, b0, s10);
                s11 = Vector.FusedMultiplyAdd(x1, b1, s11);
                var x2 = new Vector<float>(Unsafe.Add(ref ak, 2 * aRow));
                var x3 = new Vector<float>(Unsafe.Add(ref ak, 3 * aRow));
                s20 = Vector.FusedMultiplyAdd(x2, b0, s20);
                s21 = Vector.FusedMultiplyAdd(x2, b1, s21);
                s30 = Vector.FusedMultiplyAdd(x3, b0, s30);
                s31 = Vector.FusedMultiplyAdd(x3, b1, s31);
                ak = ref Unsafe.Add(ref ak, aColumn);
                bk = ref Unsafe.Add(ref bk, n);
            }

            s00.StoreUnsafe(ref c0);
            s01.StoreUnsafe(ref c0, (nuint)width);
            s10.StoreUnsafe(ref c1);
            s11.StoreUnsafe(ref c1, (nuint)width);
            s20.StoreUnsafe(ref c2);
            s21.StoreUnsafe(ref c2, (nuint)width);
            s30.StoreUnsafe(ref c3);
            s31.StoreUnsafe(ref c3, (nuint)width);
        }

        for (var row = 0; row < RowBlock && column < n; row++)
            RowFrom(column, ref Unsafe.Add(ref a, row * aRow), aColumn, ref b, ref Unsafe.Add(ref c, row * n), n, k);
    }

    private static void OneRow(ref float a, int aColumn, ref float b, ref float c, int n, int k) => RowFrom(0, ref a, aColumn, ref b, ref c, n, k);

    private static void RowFrom(int column, ref float a, int aColumn, ref float b, ref float c, int n, int k)
    {
        var width = Vector<float>.Count;
        for (; column + width <= n; column += width)
        {
            var sum = Vector.LoadUnsafe(ref c, (nuint)column);
            for (var i = 0; i < k; i++)
                sum = Vector.FusedMultiplyAdd(new Vector<float>(Unsafe.Add(ref a, i * aColumn)), Vector.LoadUnsafe(ref b, (nuint)((i * n) + column)), sum);
            sum.StoreUnsafe(ref c, (nuint)column);
        }

        for (; column < n; column++)
        {
            var sum = Unsafe.Add(ref c, column);
            for (var i = 0; i < k; i++) sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref a, i * aColumn), Unsafe.Add(ref b, (i * n) + column), sum);
            Unsafe.Add(ref c, column) = sum;
        }
    }

    /// <summary>sums[n] += the column sums of A[m,n], rows taken in order.</summary>
    public static void AddColumnSums(ReadOnlySpan<float> a, Span<float> sums)
    {
        var n = sums.Length;
        for (var row = 0; row < a.Length; row += n)
            System.Numerics.Tensors.TensorPrimitives.Add(sums, a.Slice(row, n), sums);
    }

    /// <summary>
    /// e^x to about 1e-7 relative: x = n ln 2 + r with |r| at most ln 2 / 2, Taylor series to r^7, scaled by 2^n through the exponent bits.
    /// Several times faster than <see cref="Vector.Exp(Vector{float})"/>, which goes through double.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x)
    {
        x = Vector.Min(Vector.Max(x, new Vector<float>(-87f)), new Vector<float>(88f));
        var n = Vector.Floor(Vector.FusedMultiplyAdd(x, new Vector<float>(1.44269504f), new Vector<float>(0.5f)));
        // ln 2 in two parts, the first exact in few bits, so that the subtraction loses nothing.
        var r = Vector.FusedMultiplyAdd(n, new Vector<float>(-0.693359375f), x);
        r = Vector.FusedMultiplyAdd(n, new Vector<float>(2.12194440e-4f), r);
        var p = new Vector<float>(1f / 5040f);
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 720f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 120f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 24f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 6f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(0.5f));
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);
        return p * Vector.AsVectorSingle(Vector.ShiftLeft(Vector.ConvertToInt32(n) + new Vector<int>(127), 23));
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sigmoid(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Exp(-x));

    /// <summary>Hyperbolic tangent, as 1 - 2 / (e^2x + 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Tanh(Vector<float> x) =>
        Vector<float>.One - (new Vector<float>(2f) / (Exp(x + x) + Vector<float>.One));
}
