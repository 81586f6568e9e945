namespace Foreflow.Core.Forecasting.Ets;

/// <summary>Variances of ETS forecasts in closed form.</summary>
/// <remarks>
/// Source: Hyndman, Koehler, Ord and Snyder (2008), "Forecasting with Exponential Smoothing", chapter 6: class 1 (additive
/// innovations), class 2 (multiplicative innovations, additive season or none) and class 3 (both multiplicative; exact within the
/// first season, an approximation beyond).
/// </remarks>
internal static class EtsVariance
{
    /// <param name="trend">Means without season.</param>
    /// <param name="season">Seasonal states of the same steps.</param>
    /// <param name="innovationVariance">Of the innovations; relative ones for multiplicative error.</param>
    public static double[] Of(
        EtsForm form, EtsSmoothing smoothing, ReadOnlySpan<double> trend, ReadOnlySpan<double> season, double innovationVariance)
    {
        var multiplicativeSeason = form.Season == EtsKind.Multiplicative;
        var weights = Weights(form, smoothing, trend.Length, withSeason: !multiplicativeSeason);
        if (form.Error == EtsKind.Additive) return Additive(weights, innovationVariance);

        var means = trend.ToArray();
        if (form.Season == EtsKind.Additive)
            for (var h = 0; h < means.Length; h++) means[h] += season[h];
        var theta = Theta(means, weights, innovationVariance);
        var variances = new double[means.Length];
        for (var h = 0; h < variances.Length; h++)
        {
            var scale = 1.0;
            var growth = 1 + innovationVariance;
            if (multiplicativeSeason)
            {
                scale = season[h] * season[h];
                growth *= Math.Pow(1 + (smoothing.Gamma * smoothing.Gamma * innovationVariance), h / form.Period);
            }
            variances[h] = Math.Max(0, scale * ((theta[h] * growth) - (means[h] * means[h])));
        }
        return variances;
    }

    private static double[] Additive(double[] weights, double innovationVariance)
    {
        var variances = new double[weights.Length];
        var sum = 1.0;
        for (var h = 0; h < variances.Length; h++)
        {
            variances[h] = innovationVariance * sum;
            sum += weights[h] * weights[h];
        }
        return variances;
    }

    /// <summary>θₕ = μₕ² + σ² Σ cⱼ² θₕ₋ⱼ: the expected square of the mean h steps ahead.</summary>
    private static double[] Theta(double[] means, double[] weights, double innovationVariance)
    {
        var theta = new double[means.Length];
        for (var h = 0; h < theta.Length; h++)
        {
            theta[h] = means[h] * means[h];
            for (var j = 1; j <= h; j++) theta[h] += innovationVariance * weights[j - 1] * weights[j - 1] * theta[h - j];
        }
        return theta;
    }

    /// <summary>cⱼ: what an innovation adds to the mean j steps later; element j − 1.</summary>
    private static double[] Weights(EtsForm form, EtsSmoothing smoothing, int count, bool withSeason)
    {
        var (alpha, beta, gamma, phi) = smoothing;
        var weights = new double[count];
        double damped = 0, power = 1;
        for (var j = 1; j <= count; j++)
        {
            power *= phi;
            damped += power;
            weights[j - 1] = alpha + (form.HasTrend ? beta * damped : 0);
            if (withSeason && form.HasSeason && j % form.Period == 0) weights[j - 1] += gamma;
        }
        return weights;
    }
}
