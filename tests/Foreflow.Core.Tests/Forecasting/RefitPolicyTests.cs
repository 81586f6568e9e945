using CsCheck;
using Foreflow.Core.Forecasting.Budget;

namespace Foreflow.Core.Tests.Forecasting;

public class RefitPolicyTests
{
    private static readonly RefitBudget Budget = new(0.05, TimeSpan.FromHours(1), TimeSpan.FromDays(1));

    [Fact]
    public void Cheap_fits_are_made_as_often_as_is_of_use()
    {
        var plan = RefitPolicy.Plan([new("ridge", 4), new("ar", 6)], Budget);
        Assert.Equal(TimeSpan.FromHours(1), plan.Interval);
        Assert.Empty(plan.LeftOut);
    }

    [Fact]
    public void Dear_models_go_first_and_it_is_said()
    {
        var plan = RefitPolicy.Plan([new("ridge", 60), new("lstm", 7200), new("arima", 600)], Budget);
        Assert.Equal(["lstm"], plan.LeftOut);
        Assert.Equal(660 / 0.05, plan.Interval.TotalSeconds, 6);
        Assert.Contains("over budget: left out lstm", plan.Reason);
    }

    [Fact]
    public void One_model_always_stays() =>
        Assert.Equal(["b"], RefitPolicy.Plan([new("a", 1e5), new("b", 2e5)], Budget).LeftOut);

    [Fact]
    public void The_share_is_kept_whatever_the_costs() =>
        Gen.Double[0, 5000].Array[1, 12].Sample(seconds =>
        {
            ModelCost[] costs = [.. seconds.Select((cost, i) => new ModelCost($"m{i:00}", cost))];
            var plan = RefitPolicy.Plan(costs, Budget);
            var kept = costs.Where(cost => !plan.LeftOut.Contains(cost.Model)).Sum(cost => cost.CpuSeconds);
            return kept / plan.Interval.TotalSeconds <= Budget.CoreShare * 1.000001 && plan.Interval >= Budget.Shortest
                && (plan.Interval <= Budget.Longest || plan.LeftOut.Count == costs.Length - 1);
        });
}
