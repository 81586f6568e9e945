namespace Foreflow.Core.Forecasting.Budget;

/// <summary>How much processor time forecasting may take.</summary>
/// <param name="CoreShare">Share of one core that refits may take in the long run, above 0. 0.05 is three minutes of an hour.</param>
/// <param name="Shortest">Time between refits that is short enough: sooner gains nothing.</param>
/// <param name="Longest">Time between refits beyond which models are left out rather than fitted more rarely.</param>
public sealed record RefitBudget(double CoreShare, TimeSpan Shortest, TimeSpan Longest)
{
    /// <summary>A twentieth of a core, every hour where that is enough for it, every day at least.</summary>
    public static readonly RefitBudget Default = new(0.05, TimeSpan.FromHours(1), TimeSpan.FromDays(1));
}

/// <summary>What one model costs.</summary>
/// <param name="Model">Its name.</param>
/// <param name="CpuSeconds">Processor time of its trial and fit over all series when it was last tried, as the shell measured it; not negative.</param>
public readonly record struct ModelCost(string Model, double CpuSeconds);

/// <summary>When to fit anew, and what.</summary>
/// <param name="Wait">Time from the start of the refit just made to the next: pays for what that one has cost.</param>
/// <param name="Interval">Time from one refit to the next from then on, as long as costs stay as they are.</param>
/// <param name="LeftOut">Names of the models that do not fit the budget, dearest first.</param>
/// <param name="Reason">In words for people.</param>
public sealed record RefitPlan(TimeSpan Wait, TimeSpan Interval, IReadOnlyList<string> LeftOut, string Reason);

/// <summary>
/// Spreads refits so that they stay within a share of a core: first less often, then with fewer models, the dearest out
/// first. With a share of 0.05:
/// <list type="table">
/// <item><term>10 s a refit</term><description>every hour (200 s would do)</description></item>
/// <item><term>10 min a refit</term><description>every 3 h 20 min</description></item>
/// <item><term>2 h a refit</term><description>would be every 40 h: the dearest models are left out until a day is enough</description></item>
/// </list>
/// </summary>
public static class RefitPolicy
{
    /// <summary>Plans refits from what the last one cost.</summary>
    /// <param name="costs">The latest known cost of every model, those left out in the last refit included.</param>
    /// <param name="budget">What may be spent.</param>
    /// <param name="spentCpuSeconds">What the last refit did cost; null where it tried every model.</param>
    /// <exception cref="ArgumentException">The budget contradicts itself.</exception>
    public static RefitPlan Plan(IReadOnlyList<ModelCost> costs, RefitBudget budget, double? spentCpuSeconds = null)
    {
        if (!(budget.CoreShare > 0) || budget.Shortest > budget.Longest || budget.Longest <= TimeSpan.Zero)
            throw new ArgumentException("A budget has a share above 0 and a shortest interval not above its longest.", nameof(budget));

        var leftOut = new List<string>();
        var total = costs.Sum(cost => cost.CpuSeconds);
        var spent = spentCpuSeconds ?? total;
        var cheapest = costs.Count == 0 ? "" : costs.OrderBy(cost => cost.CpuSeconds).ThenBy(cost => cost.Model, StringComparer.Ordinal).First().Model;
        foreach (var cost in costs.OrderByDescending(cost => cost.CpuSeconds).ThenBy(cost => cost.Model, StringComparer.Ordinal))
        {
            if (total / budget.CoreShare <= budget.Longest.TotalSeconds || cost.Model == cheapest) break;
            leftOut.Add(cost.Model);
            total -= cost.CpuSeconds;
        }

        TimeSpan Paying(double seconds)
        {
            var needed = TimeSpan.FromSeconds(Math.Min(seconds / budget.CoreShare, TimeSpan.MaxValue.TotalSeconds / 2));
            return needed < budget.Shortest ? budget.Shortest : needed;
        }
        var interval = Paying(total);
        return new RefitPlan(Paying(spent), interval, leftOut, Reason(total, interval, leftOut, budget));
    }

    private static string Reason(double seconds, TimeSpan interval, List<string> leftOut, RefitBudget budget)
    {
        var kept = FormattableString.Invariant($"{seconds:0.##} CPU seconds every {interval.TotalMinutes:0.#} minutes stay within {budget.CoreShare:0.###} of a core");
        if (leftOut.Count == 0) return kept;
        var over = interval > budget.Longest ? "; even so over budget" : "";
        return $"over budget: left out {string.Join(", ", leftOut)}; {kept}{over}";
    }
}
