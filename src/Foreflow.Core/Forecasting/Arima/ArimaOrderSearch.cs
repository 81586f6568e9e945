namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// Chooses p, q, P, Q and the constant: from a few usual models, step by step to the neighbour with the lowest AICc.
/// </summary>
/// <remarks>
/// Source: Hyndman and Khandakar (2008), "Automatic time series forecasting: the forecast package for R", section 3.2. One thing
/// differs: a model with a root near the unit circle is refused by the roots of its factors, the seasonal ones in Bˢ. The roots of
/// the product in B crowd the circle as s grows, and would refuse every seasonal moving average of hourly data beyond −0.79.
/// </remarks>
internal sealed class ArimaOrderSearch(ArimaEstimator estimator, ArimaOptions options, ArimaOrder differencing, int observations)
{
    /// <summary>Roots must lie outside a circle of this radius; nearer ones make forecasts explode or estimates meaningless.</summary>
    private const double SmallestRoot = 1.01;

    private readonly HashSet<ArimaOrder> _tried = [];
    private readonly List<ArimaCandidate> _found = [];
    private ArimaCandidate? _best;

    /// <summary>The best model found.</summary>
    /// <returns>Null where not one could be estimated.</returns>
    public ArimaCandidate? Run()
    {
        foreach (var order in Beginnings()) Try(order);
        while (_best is not null && Neighbours(_best.Estimate.Order).Any(Try))
        {
        }
        return options.Search == ArimaSearch.Exact ? _best : BestFinalist();
    }

    private IEnumerable<ArimaOrder> Beginnings()
    {
        var constant = differencing.Differences + differencing.SeasonalDifferences <= 1;
        yield return With(2, 2, 1, 1, constant);
        yield return With(0, 0, 0, 0, constant);
        yield return With(1, 0, 1, 0, constant);
        yield return With(0, 1, 0, 1, constant);
        if (constant) yield return With(0, 0, 0, 0, false);
    }

    private IEnumerable<ArimaOrder> Neighbours(ArimaOrder at)
    {
        var (p, q, seasonalP, seasonalQ) =
            (at.Autoregressive, at.MovingAverage, at.SeasonalAutoregressive, at.SeasonalMovingAverage);
        ReadOnlySpan<(int P, int Q)> steps = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)];
        var neighbours = new List<ArimaOrder>();
        foreach (var (dp, dq) in steps) neighbours.Add(With(p, q, seasonalP + dp, seasonalQ + dq, at.HasConstant));
        foreach (var (dp, dq) in steps) neighbours.Add(With(p + dp, q + dq, seasonalP, seasonalQ, at.HasConstant));
        neighbours.Add(With(p, q, seasonalP, seasonalQ, !at.HasConstant));
        return neighbours;
    }

    private ArimaOrder With(int p, int q, int seasonalP, int seasonalQ, bool constant)
    {
        var seasonal = differencing.Period > 1 ? Math.Min(options.MaxSeasonalOrder, SeasonalRoom) : 0;
        return differencing with
        {
            Autoregressive = Math.Min(p, MaxOrder),
            MovingAverage = Math.Min(q, MaxOrder),
            SeasonalAutoregressive = Math.Min(seasonalP, seasonal),
            SeasonalMovingAverage = Math.Min(seasonalQ, seasonal),
            HasConstant = constant && differencing.Differences + differencing.SeasonalDifferences <= 1,
        };
    }

    private int MaxOrder => Math.Min(options.MaxOrder, observations / 3);

    private int SeasonalRoom => observations / 3 / differencing.Period;

    /// <summary>Looks at a model, once.</summary>
    /// <returns>True where it is the best so far.</returns>
    private bool Try(ArimaOrder order)
    {
        if (order.Autoregressive < 0 || order.MovingAverage < 0 || order.SeasonalAutoregressive < 0
            || order.SeasonalMovingAverage < 0 || _tried.Count >= options.MaxModels || !_tried.Add(order))
        {
            return false;
        }
        var start = _best is null ? estimator.DefaultStart(order) : estimator.StartFrom(_best, order);
        var candidate = options.Search == ArimaSearch.Exact ? estimator.Exact(order, start) : estimator.Quick(order, start);
        if (candidate is null || !IsAdmissible(candidate.Estimate)) return false;
        _found.Add(candidate);
        if (_best is not null && candidate.Estimate.Aicc >= _best.Estimate.Aicc) return false;
        _best = candidate;
        return true;
    }

    private ArimaCandidate? BestFinalist()
    {
        ArimaCandidate? best = null;
        foreach (var candidate in _found.OrderBy(candidate => candidate.Estimate.Aicc).Take(options.Finalists))
        {
            var refined = estimator.Refine(candidate) ?? candidate;
            if (!IsAdmissible(refined.Estimate)) refined = candidate;
            if (best is null || refined.Estimate.Aicc < best.Estimate.Aicc) best = refined;
        }
        return best;
    }

    private static bool IsAdmissible(ArimaEstimate estimate)
    {
        var c = estimate.Coefficients;
        return double.IsFinite(estimate.Aicc)
            && PartialAutocorrelations.RootsLieOutside(SmallestRoot, c.Autoregressive)
            && PartialAutocorrelations.RootsLieOutside(SmallestRoot, Negative(c.MovingAverage))
            && PartialAutocorrelations.RootsLieOutside(SmallestRoot, c.SeasonalAutoregressive)
            && PartialAutocorrelations.RootsLieOutside(SmallestRoot, Negative(c.SeasonalMovingAverage));
    }

    private static double[] Negative(double[] values) => Array.ConvertAll(values, value => -value);
}
