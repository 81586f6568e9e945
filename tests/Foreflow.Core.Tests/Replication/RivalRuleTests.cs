using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;

namespace Foreflow.Core.Tests.Replication;

public class ThresholdRuleTests
{
    [Theory]
    [InlineData(0, 3, 3, 1)]
    [InlineData(2.4, 3, 3, 1)]
    [InlineData(2.5, 3, 6, 2)]
    [InlineData(4.8, 3, 6, 2)]
    [InlineData(4.9, 3, 12, 4)]
    [InlineData(50, 3, 12, 4)]
    [InlineData(50, 8, 20, 4)] // at most 20
    [InlineData(0.5, 0, 1, 1)]
    public void Contention_multiplies_the_base_level_by_its_magnitude(double demand, int baseLevel, int level, int multiple)
    {
        var decision = ThresholdRule.Decide(demand, baseLevel, 20, new() { ContentionThreshold = 0.8 });
        Assert.Equal((level, multiple), (decision.Level, decision.Multiple));
    }

    [Fact]
    public void The_reason_carries_its_numbers() =>
        Assert.Equal("predicted demand is 1.25 of the contention threshold -> 2x, level 6", ThresholdRule.Decide(3, 3, 20, new()).ToString());
}

public class HorizontalAutoscalerRuleTests
{
    private static readonly HorizontalAutoscalerOptions s_options = new();
    private HorizontalAutoscalerState _state = HorizontalAutoscalerState.Empty;

    private int Decide(double seconds, int replicas, double utilisation)
    {
        (var level, _state) = HorizontalAutoscalerRule.Decide(_state, Instant.FromUnixSeconds(seconds), replicas, utilisation, 1, 100, s_options);
        return level;
    }

    [Theory]
    [InlineData(0.70, 10)]
    [InlineData(0.76, 10)] // within the tolerance
    [InlineData(0.78, 12)]
    [InlineData(1.40, 20)]
    [InlineData(50.0, 100)]
    public void It_goes_up_at_once_beyond_the_tolerance(double utilisation, int level) => Assert.Equal(level, Decide(0, 10, utilisation));

    [Fact]
    public void It_goes_down_only_to_the_highest_recommendation_of_five_minutes()
    {
        Assert.Equal(20, Decide(0, 10, 1.4));
        Assert.Equal(20, Decide(15, 20, 0.1));
        Assert.Equal(20, Decide(300, 20, 0.1)); // the 20 of second 0 is just within the window
        Assert.Equal(3, Decide(315, 20, 0.1));
    }

    [Fact]
    public void A_past_peak_holds_the_level_but_does_not_raise_it()
    {
        Assert.Equal(20, Decide(0, 10, 1.4));
        Assert.Equal(8, Decide(15, 8, 0.5)); // something else took replicas away
    }
}

public class SkillGuardTests
{
    private static readonly SkillGuardOptions s_options = new();

    private static SkillGuard Observe(SkillGuard guard, int times, double loss, double naiveLoss, bool isCovered = true)
    {
        for (var i = 0; i < times; i++) guard = guard.Observe(loss, naiveLoss, isCovered, s_options);
        return guard;
    }

    [Fact]
    public void A_forecast_worse_than_naive_is_dropped_with_the_reason()
    {
        var guard = Observe(SkillGuard.Start, 29, 2, 1);
        Assert.True(guard.IsTrusted); // too few to judge
        guard = Observe(guard, 1, 2, 1);
        Assert.False(guard.IsTrusted);
        Assert.Equal("skill against naive is -1.00, below 0", guard.Reason);
    }

    [Fact]
    public void Intervals_that_cover_too_little_are_dropped_too()
    {
        var guard = SkillGuard.Start;
        for (var i = 0; i < 100; i++) guard = guard.Observe(0.5, 1, i % 5 != 0, s_options);
        Assert.False(guard.IsTrusted);
        Assert.StartsWith("coverage is 0.8", guard.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void It_comes_back_only_when_better_by_a_margin_for_a_while()
    {
        var guard = Observe(SkillGuard.Start, 30, 1.01, 1);
        Assert.False(guard.IsTrusted);
        Assert.False(Observe(guard, 500, 0.96, 1).IsTrusted); // better than naive, within the margin
        var after = 0;
        while (!guard.IsTrusted) (guard, after) = (Observe(guard, 1, 0.5, 1), after + 1);
        Assert.InRange(after, s_options.ReturnAfterObservations, 40);
        Assert.Null(guard.Reason);
    }

    [Fact]
    public void Where_naive_is_exact_an_error_that_does_not_matter_is_no_reason()
    {
        var guard = SkillGuard.Start;
        for (var i = 0; i < 200; i++) guard = guard.Observe(0.01, 0, true, s_options, negligible: 0.25);
        Assert.True(guard.IsTrusted, guard.Reason);
        Assert.Equal(0, guard.Skill);
        for (var i = 0; i < 200; i++) guard = guard.Observe(1, 0, true, s_options, negligible: 0.25);
        Assert.False(guard.IsTrusted);
        for (var i = 0; i < 500; i++) guard = guard.Observe(0.01, 0, true, s_options, negligible: 0.25);
        Assert.True(guard.IsTrusted, guard.Reason);
    }

    [Fact]
    public void A_forecast_that_hovers_about_naive_does_not_flap()
    {
        var guard = SkillGuard.Start;
        var changes = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var next = guard.Observe(i / 7 % 2 == 0 ? 1.1 : 0.9, 1, true, s_options);
            if (next.IsTrusted != guard.IsTrusted) changes++;
            guard = next;
        }

        Assert.InRange(changes, 0, 1);
    }
}
