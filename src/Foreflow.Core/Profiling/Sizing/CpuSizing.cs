using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling.Sizing;

/// <summary>
/// How much CPU to grant. Too little CPU slows an attempt and does not kill it, so a quantile will do where memory needs
/// a margin: the 95th percentile of the highest use between two samples, or of mean use where attempts are too short to
/// be sampled.
/// </summary>
public static class CpuSizing
{
    /// <summary>Share of attempts that never want more.</summary>
    public const double Quantile = 0.95;

    /// <summary>Fewer successful attempts than this leave the preset in place.</summary>
    public const int FewestAttempts = 5;

    /// <summary>Grants are a whole number of these: a twentieth of a core.</summary>
    private const long StepMillicores = 50;

    /// <summary>What to grant, in thousandths of a core: at least 50, at most the cap.</summary>
    public static long Millicores(StageProfile profile, long presetMillicores, long capMillicores)
    {
        var peak = profile[Measure.CpuPeakCores];
        var use = peak.Count >= FewestAttempts ? peak : profile.CpuCores;
        if (use.Count < FewestAttempts) return Math.Min(presetMillicores, capMillicores);
        var steps = (long)Math.Ceiling(use.Quantile(Quantile) * 1000 / StepMillicores);
        return Math.Clamp(steps * StepMillicores, Math.Min(StepMillicores, capMillicores), capMillicores);
    }
}
