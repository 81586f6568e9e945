using Foreflow.Core.Forecasting.Analogs;
using Foreflow.Core.Forecasting.Decomposition;
using Foreflow.Core.Forecasting.Linear;
using Foreflow.Core.Forecasting.Regression;
using Foreflow.Core.Forecasting.Seasonal;
using Foreflow.Core.Forecasting.Seasonality;
using Foreflow.Core.Forecasting.Transforms;

namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>The models an ensemble is chosen from, for the seasons a series has.</summary>
public static class ForecastPool
{
    /// <summary>The default pool.</summary>
    public static IReadOnlyList<PoolMember> For(Seasons seasons)
    {
        List<IForecastModel> models = [new NaiveModel(), new AutoregressiveModel(), Ridge("ridge", SeasonalDifference.None, 8)];
        if (seasons.Found.Count == 0)
        {
            models.AddRange([new AutoregressiveModel(onChanges: true), new AnalogModel()]);
            return [.. models.Select(model => new PoolMember(model))];
        }

        foreach (var period in seasons.Found) models.Add(new SeasonalNaiveModel(period));
        models.AddRange([Harmonic, Change, new LogTransformedModel(Change), new AnalogModel()]);
        models.AddRange(LongSeasonal(seasons.Found));
        var members = models.Select(model => new PoolMember(model)).ToList();
        if (seasons.Possible is { } longer)
        {
            int[] periods = [.. seasons.Found, longer];
            members.Add(new PoolMember(new SeasonalNaiveModel(longer), Periods: periods));
            members.AddRange(LongSeasonal(periods).Select(model => new PoolMember(model, Periods: periods)));
        }
        return members;
    }

    private static HarmonicRegressionModel Harmonic => new("harmonic", harmonics: 8, longHarmonics: 6);

    private static HarmonicRegressionModel FineHarmonic => new("harmonic-fine", harmonics: 11, longHarmonics: 20);

    private static LagRegressionModel Change => Ridge("ridge-change", SeasonalDifference.Shortest, 4, penalty: 0.01);

    /// <summary>The models to which a longer season makes a difference.</summary>
    private static IEnumerable<IForecastModel> LongSeasonal(IReadOnlyList<int> periods)
    {
        yield return new SeasonalProfileModel();
        yield return new MstlModel(new AutoregressiveModel(onChanges: true));
        yield return FineHarmonic;
        yield return new LogTransformedModel(FineHarmonic);
        yield return Ridge("ridge-long", SeasonalDifference.None, 26);
        if (periods.Count > 1) yield return Ridge("ridge-change-long", SeasonalDifference.Longest, 5, penalty: 0.01);
    }

    private static LagRegressionModel Ridge(string name, SeasonalDifference difference, int recentLags, double penalty = 0.003) =>
        new(name, difference, recentLags, neighbours: 1, penalty);
}
