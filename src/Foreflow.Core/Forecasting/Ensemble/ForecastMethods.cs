using Foreflow.Core.Forecasting.Linear;
using Foreflow.Core.Forecasting.Seasonal;
using Foreflow.Core.Forecasting.Seasonality;

namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>Methods by the name a user gives them.</summary>
public static class ForecastMethods
{
    /// <summary>The weighted ensemble.</summary>
    public const string Auto = "auto";

    private static readonly SortedDictionary<string, Func<Seasons, IForecastModel>> Single = Build();

    /// <summary>Every name, <see cref="Auto"/> first.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, .. Single.Keys];

    /// <summary>The ensemble, or one model with its intervals measured the same way.</summary>
    /// <exception cref="ArgumentException">There is no method of that name; the message lists those there are.</exception>
    public static EnsembleModel Named(string name)
    {
        if (name == Auto) return new EnsembleModel();
        if (!Single.TryGetValue(name, out var model))
            throw new ArgumentException($"there is no method '{name}'; there are {string.Join(", ", Names)}", nameof(name));
        return new EnsembleModel(seasons => [new PoolMember(model(seasons))]);
    }

    private static SortedDictionary<string, Func<Seasons, IForecastModel>> Build()
    {
        var methods = new SortedDictionary<string, Func<Seasons, IForecastModel>>(StringComparer.Ordinal)
        {
            ["snaive"] = seasons => seasons.Found.Count == 0 ? new NaiveModel() : new SeasonalNaiveModel(),
            ["ari"] = _ => new AutoregressiveModel(onChanges: true),
        };
        foreach (var member in ForecastPool.For(new Seasons([2, 8])))
        {
            if (member.Model is not SeasonalNaiveModel) methods[member.Model.Name] = _ => member.Model;
        }
        return methods;
    }
}
