using System.Numerics;
using CsCheck;
using Foreflow.Core.Forecasting.Lstm;

namespace Foreflow.Core.Tests.Forecasting.Lstm;

public class VectorKernelsTests
{
    private static readonly Gen<(int M, int N, int K, int Seed)> Sizes = Gen.Select(Gen.Int[1, 21], Gen.Int[1, 45], Gen.Int[1, 19], Gen.Int);

    [Fact]
    public void A_product_is_the_sum_over_the_middle_index_whatever_the_size() => Sizes.Sample(size =>
    {
        var (a, b, c) = Matrices(size);
        float[] expected = [.. c];
        // The documented order of operations, hence equality of bits.
        for (var i = 0; i < size.M; i++)
        {
            for (var j = 0; j < size.N; j++)
            {
                for (var k = 0; k < size.K; k++)
                    expected[(i * size.N) + j] = MathF.FusedMultiplyAdd(a[(i * size.K) + k], b[(k * size.N) + j], expected[(i * size.N) + j]);
            }
        }

        VectorKernels.MultiplyAdd(a, size.K, 1, b, c, size.M, size.N, size.K);
        return expected.AsSpan().SequenceEqual(c);
    });

    [Fact]
    public void A_matrix_read_by_columns_is_its_transpose() => Sizes.Sample(size =>
    {
        var (a, b, c) = Matrices(size);
        var transposed = new float[a.Length];
        for (var i = 0; i < size.M; i++)
        {
            for (var k = 0; k < size.K; k++) transposed[(k * size.M) + i] = a[(i * size.K) + k];
        }

        float[] expected = [.. c];
        VectorKernels.MultiplyAdd(a, size.K, 1, b, expected, size.M, size.N, size.K);
        VectorKernels.MultiplyAdd(transposed, 1, size.M, b, c, size.M, size.N, size.K);
        return expected.AsSpan().SequenceEqual(c);
    });

    [Fact]
    public void A_matrix_too_small_for_its_stated_size_is_refused() =>
        Assert.Throws<ArgumentException>(() => VectorKernels.MultiplyAdd(new float[5], 3, 1, new float[6], new float[4], 2, 2, 3));

    [Fact]
    public void Exponential_sigmoid_and_tangent_keep_seven_digits()
    {
        for (var x = -30f; x <= 30f; x += 0.013f)
        {
            var v = new Vector<float>(x);
            Assert.InRange(VectorKernels.Exp(v)[0] / Math.Exp(x), 1 - 3e-7, 1 + 3e-7);
            Assert.Equal(1 / (1 + Math.Exp(-x)), VectorKernels.Sigmoid(v)[0], 2e-7);
            Assert.Equal(Math.Tanh(x), VectorKernels.Tanh(v)[0], 2e-7);
        }
    }

    [Theory, InlineData(1e30f, 1f), InlineData(-1e30f, 0f), InlineData(float.PositiveInfinity, 1f), InlineData(float.NegativeInfinity, 0f)]
    public void Far_out_the_sigmoid_is_flat(float x, float expected) => Assert.Equal(expected, VectorKernels.Sigmoid(new Vector<float>(x))[0], 1e-30f);

    private static (float[] A, float[] B, float[] C) Matrices((int M, int N, int K, int Seed) size)
    {
        var random = new Random(size.Seed);
        float[] Fill(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f)];
        return (Fill(size.M * size.K), Fill(size.K * size.N), Fill(size.M * size.N));
    }
}
