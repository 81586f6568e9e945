namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>Quantile loss of Koenker and Bassett 1978: max(q d, (q - 1) d) with d = actual - forecast, least in expectation at the q-quantile.</summary>
internal static class PinballLoss
{
    /// <summary>Mean over every known target and level; 0 where no target is known. Writes the gradient by output when <paramref name="gradient"/> is not empty.</summary>
    /// <param name="outputs">Rows of outputs, one row a target; only the first <paramref name="levels"/> of a row count.</param>
    /// <param name="targets">NaN where the actual value is missing.</param>
    public static double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets, ReadOnlySpan<float> levels, Span<float> gradient = default)
    {
        gradient.Clear();
        var known = 0;
        foreach (var target in targets) known += float.IsNaN(target) ? 0 : 1;
        if (known == 0) return 0;

        var width = outputs.Length / targets.Length;
        var share = 1f / (known * levels.Length);
        var sum = 0.0;
        for (var row = 0; row < targets.Length; row++)
        {
            if (float.IsNaN(targets[row])) continue;
            for (var q = 0; q < levels.Length; q++)
            {
                var error = targets[row] - outputs[(row * width) + q];
                sum += error > 0 ? levels[q] * error : (levels[q] - 1) * error;
                if (!gradient.IsEmpty) gradient[(row * width) + q] = share * (error > 0 ? -levels[q] : 1 - levels[q]);
            }
        }

        return sum * share;
    }
}
