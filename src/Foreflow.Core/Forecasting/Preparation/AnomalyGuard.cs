namespace Foreflow.Core.Forecasting.Preparation;

/// <summary>
/// Keeps wild values and outages from a forecaster as they are observed: they are passed on as missing, until they last so
/// long that they are a shift of the level.
/// </summary>
/// <param name="norm">What is usual, and by how much it is missed.</param>
/// <param name="season">Usual value for each phase of the norm's period.</param>
/// <param name="patience">Values in a row that are kept away.</param>
internal sealed class AnomalyGuard(PhaseNorm norm, double[] season, int patience)
{
    private int _run;

    /// <summary>The observation, or NaN where it is to be passed over.</summary>
    /// <param name="time">Index of its step.</param>
    public double Pass(long time, double observation)
    {
        var usual = season[time % season.Length];
        if (double.IsNaN(observation) || double.IsNaN(usual)) return observation;
        if (!norm.IsWild(time, observation, usual))
        {
            _run = 0;
            return observation;
        }
        return ++_run <= patience ? double.NaN : observation;
    }

    /// <summary>An independent copy.</summary>
    public AnomalyGuard Clone() => new(norm, season, patience) { _run = _run };
}
