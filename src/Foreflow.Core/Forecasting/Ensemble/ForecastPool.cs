using Foreflow.Core.Forecasting.Analogs;
using Foreflow.Core.Forecasting.Decomposition;
using Foreflow.Core.Forecasting.Linear;
using Foreflow.Core.Forecasting.Regression;
using Foreflow.Core.Forecasting.Seasonal;
using Foreflow.Core.Forecasting.Transforms;

namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>The models an ensemble is chosen from, for the seasons a series has.</summary>
public static class ForecastPool
{
    /// <summary>The default pool.</summary>
    /// <param name="periods">Seasonal periods, ascending.</param>
    public static IReadOnlyList<PoolMember> For(IReadOnlyList<int> periods)
    {
        List<IForecastModel> models = [new NaiveModel(), new AutoregressiveModel(), Ridge("ridge", SeasonalDifference.None, 8)];
        if (periods.Count == 0)
        {
            models.AddRange([new AutoregressiveModel(onChanges: true), new AnalogModel()]);
            return Members(models);
        }

        var fine = new HarmonicRegressionModel("harmonic-fine", harmonics: 11, longHarmonics: 20);
        var change = Ridge("ridge-change", SeasonalDifference.Shortest, 4, penalty: 0.01);
        foreach (var period in periods) models.Add(new SeasonalNaiveModel(period));
        models.AddRange(
        [
            new SeasonalProfileModel(),
            new MstlModel(new AutoregressiveModel(onChanges: true)),
            new HarmonicRegressionModel("harmonic", harmonics: 8, longHarmonics: 6), fine, new LogTransformedModel(fine),
            Ridge("ridge-long", SeasonalDifference.None, 26), change, new LogTransformedModel(change),
            new AnalogModel(),
        ]);
        if (periods.Count > 1) models.Add(Ridge("ridge-change-long", SeasonalDifference.Longest, 5, penalty: 0.01));
        return Members(models);
    }

    private static LagRegressionModel Ridge(string name, SeasonalDifference difference, int recentLags, double penalty = 0.003) =>
        new(name, difference, recentLags, neighbours: 1, penalty);

    private static PoolMember[] Members(List<IForecastModel> models) => [.. models.Select(model => new PoolMember(model))];
}
