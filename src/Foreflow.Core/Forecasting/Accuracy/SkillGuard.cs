using System.Globalization;

namespace Foreflow.Core.Forecasting.Accuracy;

/// <summary>When a forecast is no longer trusted, and when it is again.</summary>
public sealed record SkillGuardOptions
{
    /// <summary>
    /// Observations after which one counts half; default 48.
    /// <code>
    /// one-minute observations: those of 48 min ago count half, of 96 min ago a quarter
    /// hourly observations:     those of two days ago count half
    /// </code>
    /// </summary>
    public double HalfLifeObservations { get; init; } = 48;

    /// <summary>Observations needed before the guard judges; default 30: with fewer, 95 % coverage is off by 10 points by chance alone.</summary>
    public int MinObservations { get; init; } = 30;

    /// <summary>Share of observations the forecast interval promises to cover; default .95.</summary>
    public double NominalCoverage { get; init; } = 0.95;

    /// <summary>How far coverage may be off before the forecast is distrusted; default .10.</summary>
    public double CoverageTolerance { get; init; } = 0.10;

    /// <summary>Skill from which a distrusted forecast is trusted again; default .05, above the 0 it is lost at, so that it does not flap.</summary>
    public double ReturnSkill { get; init; } = 0.05;

    /// <summary>Coverage error up to which a distrusted forecast is trusted again; default .07.</summary>
    public double ReturnCoverageTolerance { get; init; } = 0.07;

    /// <summary>How many observations in a row must be good enough for that; default 10.</summary>
    public int ReturnAfterObservations { get; init; } = 10;
}

/// <summary>
/// Watches a forecast against the naive one and tells when to fall back to the reactive rule. Skill is 1 - loss / naive loss: 1 is perfect,
/// 0 no better than naive. Losses too small to matter count as equal: where the naive forecast is right to the last digit, as for a
/// clock that ticks, being off by a hundredth is no reason to distrust. A value: <see cref="Observe"/> gives the next one.
/// <code>
/// loss   naive loss   negligible   skill
/// 0.01   0            0.25         0      both are as good as exact
/// 1      0            0.25         -3     four times what would not matter
/// 1      2            0.25         0.5
/// </code>
/// </summary>
public sealed record SkillGuard
{
    private double _weight;
    private double _loss;
    private double _naiveLoss;
    private double _negligible;
    private double _covered;
    private int _goodInARow;

    /// <summary>Nothing observed yet; the forecast is trusted.</summary>
    public static readonly SkillGuard Start = new();

    /// <summary>True while the forecast is used.</summary>
    public bool IsTrusted { get; private init; } = true;

    /// <summary>Why the forecast is not trusted, in words with the numbers; null while it is.</summary>
    public string? Reason { get; private init; }

    /// <summary>Observations so far.</summary>
    public int Observations { get; private init; }

    /// <summary>Recent skill over the naive forecast; 0 before the first observation and where both are without loss that matters.</summary>
    public double Skill
    {
        get
        {
            var (loss, naive) = (Math.Max(_loss, _negligible), Math.Max(_naiveLoss, _negligible));
            return naive > 0 ? 1 - (loss / naive) : loss > 0 ? double.NegativeInfinity : 0;
        }
    }

    /// <summary>Recent share of observations within the forecast interval; NaN before the first.</summary>
    public double Coverage => _weight > 0 ? _covered / _weight : double.NaN;

    /// <summary>Takes in how one forecast turned out.</summary>
    /// <param name="loss">Its loss: absolute error, or pinball loss of the quantile used. Not negative.</param>
    /// <param name="naiveLoss">The same loss of the naive forecast made at the same time.</param>
    /// <param name="isCovered">Whether the observation was within the forecast interval.</param>
    /// <param name="options">The limits.</param>
    /// <param name="negligible">A loss that changes no decision: up to it one is as good as another. Not negative.</param>
    public SkillGuard Observe(double loss, double naiveLoss, bool isCovered, SkillGuardOptions options, double negligible = 0)
    {
        if (!(negligible >= 0)) throw new ArgumentOutOfRangeException(nameof(negligible), negligible, "A loss is not negative.");
        if (!(loss >= 0)) throw new ArgumentOutOfRangeException(nameof(loss), loss, "A loss is not negative.");
        if (!(naiveLoss >= 0)) throw new ArgumentOutOfRangeException(nameof(naiveLoss), naiveLoss, "A loss is not negative.");
        var decay = Math.Pow(0.5, 1 / options.HalfLifeObservations);
        var next = this with
        {
            _weight = _weight * decay + 1,
            _loss = _loss * decay + loss,
            _naiveLoss = _naiveLoss * decay + naiveLoss,
            _negligible = _negligible * decay + negligible,
            _covered = _covered * decay + (isCovered ? 1 : 0),
            Observations = Observations + 1,
        };
        return next.Observations < options.MinObservations ? next : next.Judge(options);
    }

    private SkillGuard Judge(SkillGuardOptions options)
    {
        var off = Math.Abs(Coverage - options.NominalCoverage);
        if (IsTrusted)
        {
            var reason = Skill < 0 ? Text($"skill against naive is {Skill:0.00}, below 0")
                : off > options.CoverageTolerance ? Text($"coverage is {Coverage:0.00} where {options.NominalCoverage:0.00} was promised")
                : null;
            return reason is null ? this : this with { IsTrusted = false, Reason = reason, _goodInARow = 0 };
        }

        // Nothing is better than naive by a margin where naive is as good as exact.
        var isGood = (Skill >= options.ReturnSkill || _loss <= _negligible) && off <= options.ReturnCoverageTolerance;
        var inARow = isGood ? _goodInARow + 1 : 0;
        return inARow >= options.ReturnAfterObservations
            ? this with { IsTrusted = true, Reason = null, _goodInARow = 0 }
            : this with { _goodInARow = inARow };

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
