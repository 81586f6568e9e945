using Foreflow.Core.Forecasting.Analogs;
using Foreflow.Core.Forecasting.Arima;
using Foreflow.Core.Forecasting.Decomposition;
using Foreflow.Core.Forecasting.Ets;
using Foreflow.Core.Forecasting.Linear;
using Foreflow.Core.Forecasting.Regression;
using Foreflow.Core.Forecasting.Seasonal;
using Foreflow.Core.Forecasting.Seasonality;
using Foreflow.Core.Forecasting.Theta;
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
            return [.. models.Select(model => new PoolMember(model)), .. Classical(seasons.Found)];
        }

        foreach (var period in seasons.Found) models.Add(new SeasonalNaiveModel(period));
        models.AddRange([Harmonic, Change, new LogTransformedModel(Change), new AnalogModel()]);
        models.AddRange(LongSeasonal(seasons.Found));
        var members = models.Select(model => new PoolMember(model)).ToList();
        members.AddRange(Classical(seasons.Found));
        if (seasons.Possible is { } longer)
        {
            int[] periods = [.. seasons.Found, longer];
            members.Add(new PoolMember(new SeasonalNaiveModel(longer), Periods: periods));
            members.AddRange(LongSeasonal(periods).Select(model => new PoolMember(model, Periods: periods)));
        }
        return members;
    }

    /// <summary>A cheap model that does well on most series, to decide by how a history is best prepared.</summary>
    internal static IForecastModel Probe(IReadOnlyList<int> periods) => periods.Count > 0 ? Change : new AutoregressiveModel();

    /// <summary>
    /// Models whose fit is a search: made once, at the oldest origin; what it chose is estimated again on the whole history where
    /// the model is admitted.
    /// </summary>
    private static IEnumerable<PoolMember> Classical(IReadOnlyList<int> periods)
    {
        var refusal = periods.Count > 0 && periods[0] > LongestArimaPeriod
            ? $"a seasonal ARIMA with a season of {periods[0]} steps is over the budget of a refit"
            : "";
        yield return new PoolMember(
            new ArimaModel(QuickArima), Trial.Challenger,
            Settled: tried => new ArimaModel(QuickArima with { Order = ((ArimaForecaster)tried).Estimate.Order }), Refusal: refusal);
        yield return new PoolMember(
            new EtsModel(), Trial.Challenger,
            Settled: tried => new EtsModel(new EtsOptions { Form = ((EtsForecaster)tried).Estimate.Form }));
        yield return new PoolMember(new ThetaModel(MostClassical), Trial.Challenger);
    }

    /// <summary>Longest season of an ARIMA model in the pool, in steps: its state, and its time, grow with it.</summary>
    private const int LongestArimaPeriod = 60;

    /// <summary>Latest observations that ARIMA and theta look at.</summary>
    private const int MostClassical = 1000;

    private static ArimaOptions QuickArima => new()
    {
        Season = ArimaSeason.Shortest, MaxPeriod = LongestArimaPeriod, MaxObservations = MostClassical, MaxOrder = 3, MaxSeasonalOrder = 1,
        MaxModels = 30, Finalists = 1,
    };

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
