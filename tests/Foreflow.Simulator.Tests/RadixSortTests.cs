using Foreflow.Core.Model;
using Foreflow.Simulator.Measures;

namespace Foreflow.Simulator.Tests;

public class RadixSortTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_000)]
    [InlineData(20_000)]
    public void SortsAsComparingDoes(int count)
    {
        // Waits: many zeros, the rest over all scales, some negative though no wait is.
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
        {
            var draw = Draw.Uniform(7, (ulong)i, 0);
            numbers[i] = draw < 0.3 ? 0 : (float)Math.Pow(10, (draw * 12) - 6) * (draw > 0.9 ? -1 : 1);
        }

        var expected = numbers.Order().ToArray();
        Assert.Equal(expected, RadixSort.Sort(numbers));
    }

    [Fact]
    public void EqualNumbersStay() => Assert.All(RadixSort.Sort(Enumerable.Repeat(1.5f, 5_000).ToArray()), n => Assert.Equal(1.5f, n));
}
