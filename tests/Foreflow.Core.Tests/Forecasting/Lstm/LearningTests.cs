using Foreflow.Core.Forecasting.Lstm;

namespace Foreflow.Core.Tests.Forecasting.Lstm;

/// <summary>The parts of training one by one.</summary>
public class LearningTests
{
    private static readonly float[] Levels = [0.1f, 0.5f, 0.9f];

    [Fact]
    public void The_pinball_gradient_is_the_slope_of_the_loss()
    {
        float[] outputs = [1, 2, 3, 0, 4, 5, 6, 0];
        float[] targets = [2.5f, 4.5f];
        var gradient = new float[outputs.Length];
        PinballLoss.Evaluate(outputs, targets, Levels, gradient);
        for (var i = 0; i < outputs.Length; i++)
        {
            float[] up = [.. outputs], down = [.. outputs];
            (up[i], down[i]) = (up[i] + 0.1f, down[i] - 0.1f);
            var slope = (PinballLoss.Evaluate(up, targets, Levels) - PinballLoss.Evaluate(down, targets, Levels)) / 0.2;
            Assert.Equal(slope, gradient[i], 1e-5);
        }
    }

    [Fact]
    public void A_missing_target_costs_nothing_and_pulls_nowhere()
    {
        float[] outputs = [1, 2, 3, 4, 5, 6];
        var gradient = new float[outputs.Length];
        var loss = PinballLoss.Evaluate(outputs, [float.NaN, 4.5f], Levels, gradient);
        Assert.Equal(PinballLoss.Evaluate(outputs.AsSpan(3), [4.5f], Levels), loss, 1e-9);
        Assert.Equal([0, 0, 0], gradient[..3]);
        Assert.Equal(0, PinballLoss.Evaluate(outputs, [float.NaN, float.NaN], Levels, gradient));
        Assert.All(gradient, g => Assert.Equal(0, g));
    }

    [Fact]
    public void The_constant_with_the_least_pinball_loss_is_the_quantile()
    {
        float[] targets = [.. Enumerable.Range(1, 99).Select(i => (float)i)];
        double Loss(float constant) => PinballLoss.Evaluate([.. targets.Select(_ => constant)], targets, [0.9f]);
        Assert.Equal(90, Enumerable.Range(1, 99).MinBy(constant => Loss(constant)));
    }

    [Fact]
    public void Adam_finds_the_bottom_of_a_bowl()
    {
        float[] bottom = [.. Enumerable.Range(0, 16).Select(i => i - 7.5f)];
        var parameters = new float[16];
        var adam = new AdamOptimizer(parameters, weightDecay: 0, maxNorm: 1e6);
        for (var step = 0; step < 2000; step++) adam.Step(parameters, [.. parameters.Zip(bottom, (p, b) => 2 * (p - b))], 0.03);
        for (var i = 0; i < 16; i++) Assert.Equal(bottom[i], parameters[i], 1e-2);
    }

    [Fact]
    public void A_gradient_longer_than_the_bound_counts_as_its_direction_only()
    {
        float[] Walk(float size)
        {
            var parameters = new float[16];
            var adam = new AdamOptimizer(parameters, 0, maxNorm: 1);
            for (var step = 0; step < 30; step++)
            {
                float[] gradient = [.. Enumerable.Range(0, 16).Select(i => (step % 3 == 0 ? size : 0.1f) * (i + 1))];
                adam.Step(parameters, gradient, 0.01);
            }

            return parameters;
        }

        Assert.Equal(Walk(10), Walk(1000), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.NotEqual(Walk(0.01f), Walk(10), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Weight_decay_draws_back_to_where_training_began()
    {
        float[] start = [.. Enumerable.Range(0, 16).Select(i => (float)i)];
        float[] parameters = [.. start.Select(p => p + 1)];
        var adam = new AdamOptimizer(start, weightDecay: 1, maxNorm: 1);
        for (var step = 0; step < 1000; step++) adam.Step(parameters, new float[16], 0.01);
        for (var i = 0; i < 16; i++) Assert.Equal(start[i], parameters[i], 1e-2);
    }

    [Fact]
    public void Shuffling_keeps_every_item_and_follows_the_seed()
    {
        int[] Shuffled(ulong seed)
        {
            int[] items = [.. Enumerable.Range(0, 50)];
            var random = new SplitMix64(seed);
            random.Shuffle(items.AsSpan());
            return items;
        }

        Assert.Equal(Shuffled(1), Shuffled(1));
        Assert.NotEqual(Shuffled(1), Shuffled(2));
        Assert.Equal(Enumerable.Range(0, 50), Shuffled(1).Order());
    }
}
