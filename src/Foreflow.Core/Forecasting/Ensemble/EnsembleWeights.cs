namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>
/// Weights of models by their errors in validation: w ∝ (Σ 0.85^k MAE(k))^−4, where k counts scored origins from the newest.
/// <list type="table">
/// <item><term>half as large an error</term><description>counts 16 times as much</description></item>
/// <item><term>an error 10 % larger</term><description>counts 0.68 as much</description></item>
/// <item><term>an error 80 % larger</term><description>counts 0.1 as much, and is not admitted</description></item>
/// </list>
/// </summary>
/// <remarks>
/// Weighting by an inverse power of past errors: Bates and Granger (1969), "The combination of forecasts"; the higher power
/// because the pool holds models that do not suit a series at all (Aiolfi and Timmermann, 2006).
/// </remarks>
internal static class EnsembleWeights
{
    /// <summary>How much less an origin counts than the next newer one.</summary>
    private const double Decay = 0.85;

    private const double Power = 4;

    /// <summary>Weight, relative to the best model's, below which a model is not admitted.</summary>
    public const double AdmissionWeight = 0.1;

    /// <summary>The discounted sum of a model's errors, without the origins that are left out.</summary>
    public static double DiscountedError(ReadOnlySpan<double> errors, Func<int, bool>? isLeftOut = null)
    {
        double sum = 0, weights = 0;
        for (var i = 0; i < errors.Length; i++)
        {
            if (isLeftOut?.Invoke(i) == true) continue;
            var weight = Math.Pow(Decay, errors.Length - 1 - i);
            sum += weight * errors[i];
            weights += weight;
        }
        return weights == 0 ? 0 : sum / weights;
    }

    /// <summary>Weights that sum to 1; 0 for a model that is not admitted. With no error anywhere all count alike.</summary>
    public static double[] Of(ReadOnlySpan<double> discountedErrors)
    {
        var weights = new double[discountedErrors.Length];
        var least = double.PositiveInfinity;
        var largest = 0.0;
        foreach (var error in discountedErrors) (least, largest) = (Math.Min(least, error), Math.Max(largest, error));
        if (largest == 0)
        {
            Array.Fill(weights, 1.0 / weights.Length);
            return weights;
        }

        // A model without error would leave nothing to the others; a millionth of the worst stands for none.
        least = Math.Max(least, 1e-6 * largest);
        double total = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            var relative = Math.Pow(least / Math.Max(discountedErrors[i], least), Power);
            weights[i] = relative < AdmissionWeight ? 0 : relative;
            total += weights[i];
        }
        for (var i = 0; i < weights.Length; i++) weights[i] /= total;
        return weights;
    }
}
