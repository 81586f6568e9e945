namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>A fitted model and its share of the forecast.</summary>
internal readonly record struct WeightedForecaster(double Weight, IForecaster Forecaster);

/// <summary>The members that were admitted, what they forecast in validation, and what became of the rest.</summary>
internal sealed class Roster
{
    private readonly List<ModelTrial> _trials = [];
    private readonly List<WeightedForecaster> _members = [];
    private readonly List<MemberReport> _reports = [];

    private Roster()
    {
    }

    /// <summary>The admitted members; their weights sum to 1.</summary>
    public IReadOnlyList<WeightedForecaster> Members => _members;

    /// <summary>The member of most weight; null where the history was too short to try any.</summary>
    public PoolMember? Leader { get; private set; }

    /// <summary>One report per model of the pool, heaviest first.</summary>
    public IReadOnlyList<MemberReport> Reports => _reports;

    /// <summary>Tries every model of a pool and admits those that help.</summary>
    /// <exception cref="ForecastFitException">None could be fitted.</exception>
    public static Roster Try(
        IReadOnlyList<PoolMember> pool, ReadOnlySpan<double> history, FitOptions options, ValidationPlan plan, Action<string>? onTried)
    {
        var roster = new Roster();
        if (plan.IsEmpty) roster.AdmitUntried(pool, history, options);
        else roster.AdmitTried(pool, history, options, plan, onTried);
        roster._reports.Sort((a, b) => b.Weight.CompareTo(a.Weight));
        return roster;
    }

    /// <summary>What the ensemble would have forecast at an origin with weights that know nothing of what came after it.</summary>
    /// <param name="forecast">Index into <see cref="ValidationPlan.Forecasts"/>.</param>
    public double[] PathWithout(ValidationPlan plan, int forecast)
    {
        var origin = plan.Forecasts[forecast];
        var discounted = new double[_trials.Count];
        for (var m = 0; m < discounted.Length; m++)
        {
            discounted[m] = EnsembleWeights.DiscountedError(
                _trials[m].ScoredErrors, k => plan.Scored.Length > 1 && Math.Abs(plan.Scored[k] - origin) < Spacing(plan));
        }
        var weights = EnsembleWeights.Of(discounted);
        var path = new double[plan.Horizon];
        for (var m = 0; m < weights.Length; m++)
        {
            for (var step = 0; step < path.Length; step++) path[step] += weights[m] * _trials[m].Paths[forecast][step];
        }
        return path;
    }

    private static int Spacing(ValidationPlan plan) => plan.Scored[^1] - plan.Scored[^2];

    /// <summary>The history is too short to be cut: the first model that can be fitted at all.</summary>
    private void AdmitUntried(IReadOnlyList<PoolMember> pool, ReadOnlySpan<double> history, FitOptions options)
    {
        foreach (var member in pool)
        {
            var model = member.Model;
            try
            {
                ThrowIfRefused(member);
                if (_members.Count > 0)
                {
                    _reports.Add(new MemberReport(model.Name, "", 0, double.NaN, "the history is too short to try it"));
                    continue;
                }
                var forecaster = model.Fit(history, member.Options(options));
                ModelTrial.CheckedForecast(forecaster, options.Horizon);
                _members.Add(new WeightedForecaster(1, forecaster));
                _reports.Add(new MemberReport(model.Name, forecaster.Description, 1, double.NaN, ""));
            }
            catch (ForecastFitException error)
            {
                _reports.Add(new MemberReport(model.Name, "", 0, double.NaN, error.Message));
            }
        }
        if (_members.Count == 0) throw NoModel();
    }

    private void AdmitTried(
        IReadOnlyList<PoolMember> pool, ReadOnlySpan<double> history, FitOptions options, ValidationPlan plan, Action<string>? onTried)
    {
        var candidates = new List<(PoolMember Member, ModelTrial Trial, double Error)>();
        var best = double.PositiveInfinity;
        // Challengers come last: they have to beat all others.
        foreach (var member in pool.OrderBy(member => member.Trial))
        {
            var (model, kind) = (member.Model, member.Trial);
            try
            {
                ThrowIfRefused(member);
                var trial = ModelTrial.Run(model, history, member.Options(options), plan, refit: kind == Trial.Refitted);
                var error = EnsembleWeights.DiscountedError(trial.ScoredErrors);
                if (kind == Trial.Challenger && error >= best && candidates.Count > 0)
                    _reports.Add(new MemberReport(model.Name, "", 0, error, "dear, and not better than the cheap models"));
                else
                    candidates.Add((member, trial, error));
                best = Math.Min(best, error);
            }
            catch (ForecastFitException error)
            {
                _reports.Add(new MemberReport(model.Name, "", 0, double.NaN, error.Message));
            }
            onTried?.Invoke(model.Name);
        }
        Admit(candidates, history, options);
    }

    private void Admit(
        List<(PoolMember Member, ModelTrial Trial, double Error)> candidates, ReadOnlySpan<double> history, FitOptions options)
    {
        var weights = EnsembleWeights.Of([.. candidates.Select(candidate => candidate.Error)]);
        double total = 0, heaviest = 0;
        for (var i = 0; i < candidates.Count; i++)
        {
            var (member, trial, error) = candidates[i];
            var model = member.Model;
            _trials.Add(trial);
            if (weights[i] == 0)
            {
                _reports.Add(new MemberReport(model.Name, "", 0, error, "its error is too large beside the best model's"));
                continue;
            }
            try
            {
                var settled = member.Settled?.Invoke(trial.Last) ?? model;
                var forecaster = settled.Fit(history, member.Options(options));
                ModelTrial.CheckedForecast(forecaster, options.Horizon);
                _members.Add(new WeightedForecaster(weights[i], forecaster));
                _reports.Add(new MemberReport(model.Name, forecaster.Description, weights[i], error, ""));
                if (weights[i] > heaviest) (Leader, heaviest) = (member, weights[i]);
                total += weights[i];
            }
            catch (ForecastFitException failure)
            {
                _reports.Add(new MemberReport(model.Name, "", 0, error, failure.Message));
            }
        }
        if (_members.Count == 0) throw NoModel();

        for (var i = 0; i < _members.Count; i++) _members[i] = _members[i] with { Weight = _members[i].Weight / total };
        for (var i = 0; i < _reports.Count; i++) _reports[i] = _reports[i] with { Weight = _reports[i].Weight / total };
    }

    private static void ThrowIfRefused(PoolMember member)
    {
        if (member.Refusal.Length > 0) throw new ForecastFitException(member.Refusal);
    }

    private ForecastFitException NoModel() => new(
        "no model could be fitted: " + string.Join("; ", _reports.Select(report => $"{report.Name}: {report.Reason}").Distinct()));
}
