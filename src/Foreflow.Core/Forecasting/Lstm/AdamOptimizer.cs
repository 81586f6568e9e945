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

    private readonly float[] _start;
    private readonly float[] _firstMoment;
    private readonly float[] _secondMoment;
    private readonly float _weightDecay;
    private readonly float _maxNorm;
    private int _step;

    /// <summary>Starts at <paramref name="start"/>.</summary>
    /// <param name="maxNorm">A gradient with a larger Euclidean norm is scaled down to it.</param>
    public AdamOptimizer(ReadOnlySpan<float> start, double weightDecay, double maxNorm)
    {
        _start = start.ToArray();
        _firstMoment = new float[start.Length];
        _secondMoment = new float[start.Length];
        _weightDecay = (float)weightDecay;
        _maxNorm = (float)maxNorm;
    }

    /// <summary>Steps taken so far.</summary>
    public int Steps => _step;

    /// <summary>Moves the parameters one step against the gradient.</summary>
    public void Step(Span<float> parameters, ReadOnlySpan<float> gradient, double rate)
    {
        _step++;
        var scale = new Vector<float>(ClipScale(gradient));
        var size = (float)(rate * Math.Min(1, (double)_step / WarmUpSteps));
        var firstBias = new Vector<float>(1 - MathF.Pow(FirstDecay, _step));
        var secondBias = new Vector<float>(1 - MathF.Pow(SecondDecay, _step));
        var i = 0;
        for (; i + Vector<float>.Count <= parameters.Length; i += Vector<float>.Count)
        {
            var g = new Vector<float>(gradient[i..]) * scale;
            var m = (new Vector<float>(_firstMoment, i) * FirstDecay) + (g * (1 - FirstDecay));
            var v = (new Vector<float>(_secondMoment, i) * SecondDecay) + (g * g * (1 - SecondDecay));
            m.CopyTo(_firstMoment, i);
            v.CopyTo(_secondMoment, i);
            var p = new Vector<float>(parameters[i..]);
            var move = (m / firstBias / (Vector.SquareRoot(v / secondBias) + new Vector<float>(Epsilon))) + ((p - new Vector<float>(_start, i)) * _weightDecay);
            (p - (move * size)).CopyTo(parameters[i..]);
        }

        if (i != parameters.Length) throw new ArgumentException("the parameter count is a whole number of vectors by construction");
    }

    private float ClipScale(ReadOnlySpan<float> gradient)
    {
        var squares = 0.0;
        foreach (var g in gradient) squares += (double)g * g;
        var norm = Math.Sqrt(squares);
        return norm > _maxNorm ? (float)(_maxNorm / norm) : 1f;
    }
}
