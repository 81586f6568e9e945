using Foreflow.Core.Forecasting.Arima;
using Foreflow.Core.Forecasting.Ets;
using Foreflow.Core.Forecasting.Intermittent;
using Foreflow.Core.Forecasting.Linear;
using Foreflow.Core.Forecasting.Lstm;
using Foreflow.Core.Forecasting.Seasonal;
using Foreflow.Core.Forecasting.Seasonality;
using Foreflow.Core.Forecasting.Theta;

namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>Methods by the name a user gives them.</summary>
public static class ForecastMethods
{
    /// <summary>The weighted ensemble.</summary>
    public const string Auto = "auto";

    /// <summary>The weighted ensemble with an LSTM as a challenger: a fit takes many seconds.</summary>
    public const string AutoLstm = "auto-lstm";

    /// <summary>Fitted once for their trial, and only updated from there on: a fit takes a second or more.</summary>
    private static readonly string[] Dear = ["arima", "lstm"];

    private static readonly SortedDictionary<string, Func<Seasons, IForecastModel>> Single = Build();

    /// <summary>Every name, <see cref="Auto"/> and <see cref="AutoLstm"/> first.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, AutoLstm, .. Single.Keys];

    /// <summary>The ensemble, or one model with its intervals measured the same way.</summary>
    /// <exception cref="ArgumentException">There is no method of that name; the message lists those there are.</exception>
    public static EnsembleModel Named(string name)
    {
        if (name == Auto) return new EnsembleModel();
        if (name == AutoLstm) return new EnsembleModel(seasons => [.. ForecastPool.For(seasons), new PoolMember(new LstmModel(), Trial.Challenger)]);
        if (!Single.TryGetValue(name, out var model))
            throw new ArgumentException($"there is no method '{name}'; there are {string.Join(", ", Names)}", nameof(name));
        return new EnsembleModel(seasons => [new PoolMember(model(seasons), Dear.Contains(name) ? Trial.FittedOnce : Trial.Refitted)]);
    }

    private static SortedDictionary<string, Func<Seasons, IForecastModel>> Build()
    {
        var methods = new SortedDictionary<string, Func<Seasons, IForecastModel>>(StringComparer.Ordinal)
        {
            ["snaive"] = seasons => seasons.Found.Count == 0 ? new NaiveModel() : new SeasonalNaiveModel(),
            ["ari"] = _ => new AutoregressiveModel(onChanges: true),
            ["arima"] = _ => new ArimaModel(),
            ["ets"] = _ => new EtsModel(),
            ["theta"] = _ => new ThetaModel(),
            ["croston"] = _ => new CrostonModel(corrected: false),
            ["sba"] = _ => new CrostonModel(),
            ["tsb"] = _ => new TsbModel(),
            ["lstm"] = _ => new LstmModel(),
        };
        foreach (var member in ForecastPool.For(new Seasons([2, 8])))
        {
            // Asked for by name, ARIMA and ETS search as long as it takes.
            if (member.Model is not SeasonalNaiveModel) methods.TryAdd(member.Model.Name, _ => member.Model);
        }
        return methods;
    }
}
