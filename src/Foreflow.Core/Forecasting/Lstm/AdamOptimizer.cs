using System.Numerics;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// Adam (Kingma and Ba 2015, algorithm 1) with the gradient clipped by its norm (Pascanu et al. 2013) and decoupled weight decay
/// (Loshchilov and Hutter 2019) towards the parameters training started from, not towards zero: the start is a linear model worth
/// staying near to.
/// </summary>
internal sealed class AdamOptimizer
{
    private const float FirstDecay = 0.9f;
    private const float SecondDecay = 0.999f;
    private const float Epsilon = 1e-8f;

    // The first steps rest on few gradients; the rate rises to its full size over them.
    private const int WarmUpSteps = 20;

    private readonly float[] start;
    private readonly float[] firstMoment;
    private readonly float[] secondMoment;
    private readonly float weightDecay;
    private readonly float maxNorm;
    private int step;

    /// <summary>Starts at <paramref name="start"/>.</summary>
    /// <param name="maxNorm">A gradient with a larger Euclidean norm is scaled down to it.</param>
    public AdamOptimizer(ReadOnlySpan<float> start, double weightDecay, double maxNorm)
    {
        this.start = start.ToArray();
        firstMoment = new float[start.Length];
        secondMoment = new float[start.Length];
        this.weightDecay = (float)weightDecay;
        this.maxNorm = (float)maxNorm;
    }

    /// <summary>Steps taken so far.</summary>
    public int Steps => step;

    /// <summary>Moves the parameters one step against the gradient.</summary>
    public void Step(Span<float> parameters, ReadOnlySpan<float> gradient, double rate)
    {
        step++;
        var scale = new Vector<float>(ClipScale(gradient));
        var size = (float)(rate * Math.Min(1, (double)step / WarmUpSteps));
        var firstBias = new Vector<float>(1 - MathF.Pow(FirstDecay, step));
        var secondBias = new Vector<float>(1 - MathF.Pow(SecondDecay, step));
        var i = 0;
        for (; i + Vector<float>.Count <= parameters.Length; i += Vector<float>.Count)
        {
            var g = new Vector<float>(gradient[i..]) * scale;
            var m = (new Vector<float>(firstMoment, i) * FirstDecay) + (g * (1 - FirstDecay));
            var v = (new Vector<float>(secondMoment, i) * SecondDecay) + (g * g * (1 - SecondDecay));
            m.CopyTo(firstMoment, i);
            v.CopyTo(secondMoment, i);
            var p = new Vector<float>(parameters[i..]);
            var move = (m / firstBias / (Vector.SquareRoot(v / secondBias) + new Vector<float>(Epsilon))) + ((p - new Vector<float>(start, i)) * weightDecay);
            (p - (move * size)).CopyTo(parameters[i..]);
        }

        if (i != parameters.Length) throw new ArgumentException("the parameter count is a whole number of vectors by construction");
    }

    private float ClipScale(ReadOnlySpan<float> gradient)
    {
        var squares = 0.0;
        foreach (var g in gradient) squares += (double)g * g;
        var norm = Math.Sqrt(squares);
        return norm > maxNorm ? (float)(maxNorm / norm) : 1f;
    }
}
