namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>
/// Where a history is cut to try models on what came after. Models are fitted at the scored origins, the newest of which
/// leaves exactly the validated horizon; between them they are only updated, and forecast more often, for the intervals.
/// </summary>
/// <param name="Scored">Ascending lengths of history at which every model is fitted and its forecast counts for its weight.</param>
/// <param name="Forecasts">Ascending lengths of history at which every model forecasts; holds all of <paramref name="Scored"/>.</param>
/// <param name="Horizon">Steps forecast from each origin.</param>
internal sealed record ValidationPlan(int[] Scored, int[] Forecasts, int Horizon)
{
    /// <summary>Forecasts made for the intervals between one scored origin and the next.</summary>
    private const int ForecastsPerOrigin = 4;

    /// <summary>A history too short to be cut at all: no model can be tried.</summary>
    public bool IsEmpty => Scored.Length == 0;

    /// <summary>
    /// Cuts a history. Origins are one season apart, so that each stands at the same phase as the forecast to come; where
    /// the history is short they move together, and at last become fewer.
    /// </summary>
    public static ValidationPlan For(int length, IReadOnlyList<int> periods, int horizon, int origins)
    {
        var validated = Math.Min(horizon, length / 3);
        var newest = length - validated;
        // The oldest fit keeps half the history, or two of the longest seasons where that is less.
        var longest = periods.Count == 0 ? 0 : periods[^1];
        var least = Math.Max(4, Math.Min(length / 2, Math.Max((2 * longest) + 2, length / 3)));
        if (validated < 1 || newest < least) return new ValidationPlan([], [], validated);

        var wanted = periods.Count > 0 ? periods[0] : Math.Max(1, validated / 2);
        var room = newest - least;
        var count = Math.Min(origins, room + 1);
        var spacing = count <= 1 ? 1 : Math.Clamp(room / (count - 1), 1, Math.Max(wanted, (validated + 1) / 2));
        if (spacing > wanted) spacing -= spacing % wanted;
        var scored = new int[count];
        for (var k = 0; k < count; k++) scored[k] = newest - ((count - 1 - k) * spacing);

        var step = Math.Max(1, spacing / ForecastsPerOrigin);
        var forecasts = new SortedSet<int>(scored);
        for (var origin = newest; origin >= scored[0]; origin -= step) forecasts.Add(origin);
        return new ValidationPlan(scored, [.. forecasts], validated);
    }
}
