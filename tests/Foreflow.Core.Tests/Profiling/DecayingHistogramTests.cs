using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Tests.Profiling;

public class DecayingHistogramTests
{
    private static readonly Instant Noon = Instant.FromUnixSeconds(1_700_000_000);

    [Fact]
    public void Quantiles_are_within_a_bucket_of_the_exact_ones() =>
        Gen.Double[1e-3, 1e9].Array[1, 200].Sample(values =>
        {
            var histogram = new DecayingHistogram();
            foreach (var value in values) histogram.Add(value, Noon);
            foreach (var p in (double[])[0.1, 0.5, 0.9, 0.99, 1])
            {
                var quantile = histogram.Quantile(p);
                Assert.True(values.Count(v => v <= quantile * 1.0501) >= p * values.Length - 1e-6);
                Assert.True(values.Count(v => v < quantile / 1.0501) <= p * values.Length + 1e-6);
            }
        });

    [Fact]
    public void A_single_value_is_given_back_exactly()
    {
        var histogram = new DecayingHistogram();
        histogram.Add(123.456, Noon);
        Assert.Equal(123.456, histogram.Quantile(0));
        Assert.Equal(123.456, histogram.Quantile(0.5));
        Assert.Equal(123.456, histogram.Quantile(1));
        Assert.Equal(123.456, histogram.ToDistribution().Mean);
    }

    [Fact]
    public void A_day_old_observation_counts_half()
    {
        var histogram = new DecayingHistogram();
        histogram.Add(1, Noon);
        histogram.Add(1000, Noon + TimeSpan.FromHours(24));
        Assert.Equal(1.0 / 3, histogram.Cdf(10), 1e-12);
    }

    [Fact]
    public void Decades_later_the_old_is_forgotten_and_nothing_overflows()
    {
        var histogram = new DecayingHistogram();
        histogram.Add(1, Instant.Epoch);
        for (var year = 1; year <= 60; year++) histogram.Add(1000 + year, Instant.Epoch + TimeSpan.FromDays(365 * year));
        Assert.Equal(1060, histogram.Quantile(0.5), 20.0);
        Assert.Equal(61, histogram.Count);
        Assert.Equal(1, histogram.Minimum);
    }

    [Fact]
    public void Merging_parts_equals_recording_the_whole() =>
        Gen.Select(Gen.Double[0, 1e6], Gen.Int[0, 400_000]).Array[1, 60].Sample(observations =>
        {
            var (whole, left, right) = (new DecayingHistogram(), new DecayingHistogram(), new DecayingHistogram());
            for (var i = 0; i < observations.Length; i++)
            {
                var (value, hours) = observations[i];
                var at = Instant.Epoch + TimeSpan.FromHours(hours);
                whole.Add(value, at);
                (i % 2 == 0 ? left : right).Add(value, at);
            }

            left.Merge(right);
            Assert.Equal(whole.Count, left.Count);
            Assert.Equal(whole.Maximum, left.Maximum);
            foreach (var p in (double[])[0.05, 0.5, 0.95])
            {
                var expected = whole.Quantile(p);
                Assert.InRange(left.Quantile(p), expected / 1.06 - 1e-6, expected * 1.06 + 1e-6);
            }
        });

    [Fact]
    public void The_cdf_rises_from_zero_to_one_and_quantile_is_its_inverse() =>
        Gen.Double[0, 1e6].Array[1, 100].Sample(values =>
        {
            var histogram = new DecayingHistogram();
            foreach (var value in values) histogram.Add(value, Noon);
            var distribution = histogram.ToDistribution();
            var last = 0.0;
            for (var x = 1e-3; x < 2e6; x *= 1.3)
            {
                var cdf = distribution.Cdf(x);
                Assert.InRange(cdf, last, 1);
                last = cdf;
            }

            Assert.Equal(1, distribution.Cdf(distribution.Maximum));
            foreach (var p in (double[])[0.2, 0.5, 0.8])
            {
                var quantile = distribution.Quantile(p);
                Assert.True(distribution.Cdf(quantile * 1.0001 + 1e-6) >= p - 1e-3);
            }
        });

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void Values_that_are_no_measurement_are_refused(double value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DecayingHistogram().Add(value, Noon));

    [Fact]
    public void What_remains_of_a_uniform_lifetime_shrinks_as_it_ages()
    {
        var histogram = new DecayingHistogram();
        for (var i = 1; i <= 10_000; i++) histogram.Add(i / 100.0, Noon);
        var lifetime = histogram.ToDistribution();

        // Uniform on (0, 100]: having lasted 60, the rest is uniform on (0, 40].
        Assert.Equal(0.5, lifetime.ConditionalCdf(80, 60), 0.01);
        Assert.Equal(20, lifetime.Remaining(60, 0.5), 0.5);
        Assert.Equal(50, lifetime.Remaining(0, 0.5), 0.5);
        Assert.Equal(0, lifetime.ConditionalCdf(60, 60));
        Assert.Equal(1, lifetime.ConditionalCdf(100, 60));
    }

    [Fact]
    public void Past_everything_seen_the_remaining_time_grows_with_age()
    {
        var histogram = new DecayingHistogram();
        for (var i = 0; i < 100; i++) histogram.Add(10, Noon);
        var lifetime = histogram.ToDistribution();
        Assert.Equal(20 * (Math.Sqrt(2) - 1), lifetime.Remaining(20, 0.5), 1e-9);
        Assert.Equal(0.75, lifetime.ConditionalCdf(40, 20), 1e-9);
        Assert.Equal(180, lifetime.Remaining(20, 1), 1e-9);
    }

    [Fact]
    public void Drawing_remaining_times_reproduces_the_conditional_distribution() =>
        Gen.Double[0.1, 1e5].Array[2, 100].Sample(values =>
        {
            var histogram = new DecayingHistogram();
            foreach (var value in values) histogram.Add(value, Noon);
            var lifetime = histogram.ToDistribution();
            var elapsed = lifetime.Quantile(0.4);
            for (var u = 0.05; u < 1; u += 0.05)
            {
                var end = elapsed + lifetime.Remaining(elapsed, u);
                Assert.True(lifetime.ConditionalCdf(end * 1.0001, elapsed) >= u - 1e-3, $"u={u}");
            }
        });

    [Fact]
    public void An_empty_histogram_says_so()
    {
        var empty = new DecayingHistogram().ToDistribution();
        Assert.True(empty.IsEmpty);
        Assert.Equal(double.NaN, empty.Quantile(0.5));
        Assert.Equal(0, empty.Cdf(1));
        Assert.Equal(double.NaN, empty.Remaining(1, 0.5));
    }
}
