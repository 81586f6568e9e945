using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Lstm;

namespace Foreflow.Bench.Lstm;

/// <summary>What the ensemble makes of the network on one series, which challenges the models of the default pool.</summary>
/// <param name="TrialError">Its error in validation, over that of the best other model; below 1 it won.</param>
/// <param name="Weight">Its share of the forecast; 0 where it was not admitted.</param>
/// <param name="Mase">Error of the ensemble it could join, on what came after.</param>
/// <param name="MaseWithout">Error of the ensemble without it.</param>
internal sealed record Admission(string Name, double TrialError, double Weight, double Mase, double MaseWithout)
{
    public static Admission Of(Case one, LstmOptions options, ulong seed)
    {
        var ensemble = new EnsembleOptions { Horizon = one.Actual.Length, Seed = seed };
        var without = new EnsembleModel().Fit(one.History, ensemble);
        var with = new EnsembleModel(seasons => [.. ForecastPool.For(seasons), new PoolMember(new LstmModel(options), Trial.Challenger)]).Fit(one.History, ensemble);
        var report = with.Reports.Single(report => report.Name == new LstmModel(options).Name);
        var best = with.Reports.Where(other => other != report && double.IsFinite(other.Error)).Min(other => other.Error);
        var scale = ForecastAccuracy.SeasonalNaiveScale(one.History, one.Periods[0]);
        double Mase(EnsembleForecaster forecaster) => ForecastAccuracy.Mase(one.Actual, forecaster.Forecast(one.Actual.Length, [0.5]).Mean, scale);
        return new Admission(one.Name, report.Error / best, report.Weight, Mase(with), Mase(without));
    }

    public static string Summary(IReadOnlyList<Admission> all)
    {
        var admitted = all.Where(one => one.Weight > 0).ToList();
        return $"""
            admitted on {admitted.Count} of {all.Count} series; each time with the smallest error in validation: {(admitted.TrueForAll(one => one.TrialError < 1) ? "yes" : "no")}; kept out though it won: {all.Count(one => one.Weight == 0 && one.TrialError < 1)}
            MASE of the ensemble {all.Average(one => one.Mase):F4}, without the network {all.Average(one => one.MaseWithout):F4}{(admitted.Count == 0 ? "" : $"; where admitted {admitted.Average(one => one.Mase):F4}, without {admitted.Average(one => one.MaseWithout):F4}")}
            """;
    }

    public override string ToString() => $"{Name,-10} error in validation {TrialError:F3} of the best other, weight {Weight:F3}, MASE {Mase:F3}, without {MaseWithout:F3}";
}
