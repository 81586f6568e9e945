using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Forecasting.Demand;

public class ArrivalForecastTests
{
    private static readonly PoolSettings Settings = new();

    /// <summary>Counts drawn around a rate per five-second bucket; a week of days from an hour after the epoch on.</summary>
    private static (ArrivalHistory History, Instant Now) Play(Func<double, double> rateAt, double days, ulong seed = 1)
    {
        var history = new ArrivalHistory(Settings.FineStep, Settings.CoarseStep);
        var buckets = (int)(days * 17_280);
        for (var b = 0; b < buckets; b++)
        {
            var rate = rateAt(b / 17_280.0);
            var count = 0;
            // Poisson by thinning: a hundred chances a bucket.
            for (var k = 0UL; k < 100; k++) count += Draw.Uniform(seed, (ulong)b, k) < rate / 100 ? 1 : 0;
            if (count > 0) history.Record(Instant.FromUnixSeconds((b * 5) + 1), count);
        }

        return (history, Instant.FromUnixSeconds(buckets * 5));
    }

    private static ArrivalForecast Fitted(ArrivalHistory history, Instant now)
    {
        var forecast = new ArrivalForecast(Settings.FineStep, Settings.CoarseStep);
        forecast.CatchUp(history, now);
        return forecast;
    }

    [Fact]
    public void A_steady_rate_is_found_with_the_noise_of_independent_arrivals()
    {
        var (history, now) = Play(_ => 2, 0.2);
        var forecast = Fitted(history, now);
        var outlook = forecast.Outlook(history, now, 180);
        // 3456 buckets of mean 2: the mean is known to 2.5 %, 4 standard errors are a tenth.
        Assert.Equal(2, outlook.Mean.Skip(1).Average(), 0.25);
        Assert.InRange(outlook.Dispersion, 0.85, 1.15);
        Assert.InRange(outlook.LevelVariance[^1], 0, 0.02);
        Assert.True(forecast.Guard.IsTrusted, forecast.Guard.Reason);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void The_same_count_every_minute_is_trusted_though_the_last_minute_foretells_it_exactly(int perMinute)
    {
        var history = new ArrivalHistory(Settings.FineStep, Settings.CoarseStep);
        for (var minute = 0; minute < 1440; minute++) history.Record(Instant.FromUnixSeconds((minute * 60) + 20), perMinute);
        var forecast = Fitted(history, Instant.FromUnixSeconds(86_400));
        Assert.True(forecast.Guard.IsTrusted, forecast.Guard.Reason);
    }

    [Fact]
    public void The_time_of_day_is_learnt_and_the_coarse_grid_carries_it()
    {
        static double Rate(double day) => 3 + (2.5 * Math.Sin(2 * Math.PI * day));
        var (history, now) = Play(Rate, 3.5);
        var forecast = Fitted(history, now);
        Assert.Contains("time of day", forecast.Description, StringComparison.Ordinal);
        var coarse = forecast.Coarse(history, now, Settings);
        foreach (var hours in new[] { 1.0, 6, 12, 20 })
        {
            var (perSecond, _) = coarse.At(now + TimeSpan.FromHours(hours));
            Assert.Equal(Rate(3.5 + (hours / 24)), perSecond * 5, 0.5);
        }
    }

    [Fact]
    public void A_jump_of_the_rate_is_followed_within_minutes()
    {
        var (history, now) = Play(day => day < 0.2 ? 2 : 8, 0.2 + (10 / 1440.0));
        var mean = Fitted(history, now).Outlook(history, now, 60).Mean.Skip(1).Average();
        Assert.InRange(mean, 5.5, 9);
    }

    [Fact]
    public void Waves_come_again_and_a_trend_is_no_wave()
    {
        var (history, now) = Play(day => (int)(day * 17_280) % 30 < 5 ? 4 : 0, 0.05);
        var forecast = Fitted(history, now);
        Assert.Equal(30, forecast.WaveBuckets);
        var outlook = forecast.Outlook(history, now, 60);
        var open = now.Ticks / Settings.FineStep.Ticks;
        Assert.True(outlook.Mean[(int)(30 - (open % 30)) + 2] > 2);
        Assert.True(outlook.Mean[(int)(30 - (open % 30)) + 15] < 0.5);

        var (slope, later) = Play(day => 1 + (day * 20), 0.2);
        Assert.Equal(0, Fitted(slope, later).WaveBuckets);
    }

    [Fact]
    public void When_it_catches_up_does_not_matter()
    {
        var (history, now) = Play(day => 1 + Math.Sin(day * 60), 0.1);
        var late = Fitted(history, now).Outlook(history, now, 100);
        var step = new ArrivalForecast(Settings.FineStep, Settings.CoarseStep);
        for (var t = Instant.FromUnixSeconds(3); t <= now; t += TimeSpan.FromSeconds(7)) step.CatchUp(history, t);
        step.CatchUp(history, now);
        Assert.Equal(late.Mean, step.Outlook(history, now, 100).Mean);
    }
}
