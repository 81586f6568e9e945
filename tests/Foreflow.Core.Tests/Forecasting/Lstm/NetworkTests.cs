using Foreflow.Core.Forecasting.Lstm;

namespace Foreflow.Core.Tests.Forecasting.Lstm;

public class NetworkTests
{
    private const int Window = 6, Horizon = 3, Samples = 5;
    private static readonly LstmShape Shape = new(Inputs: 3, Hidden: 16, StepInputs: 4, Decoder: 16, Quantiles: 5);

    public static TheoryData<string> Blocks => [
        nameof(LstmShape.InputWeights), nameof(LstmShape.RecurrentWeights), nameof(LstmShape.GateBias), nameof(LstmShape.ContextWeights),
        nameof(LstmShape.StepWeights), nameof(LstmShape.DecoderBias), nameof(LstmShape.OutputWeights), nameof(LstmShape.SkipWeights), nameof(LstmShape.OutputBias)];

    // Five-point stencil along random directions; 32-bit floats leave about three digits.
    [Theory, MemberData(nameof(Blocks))]
    public void Gradients_agree_with_finite_differences(string block)
    {
        var range = (Range)typeof(LstmShape).GetProperty(block)!.GetValue(Shape)!;
        var random = new Random(3);
        var (parameters, batch) = Example(random);
        float[] weights = [.. Enumerable.Range(0, batch.Outputs.Length).Select(_ => (float)random.NextDouble() - 0.3f)];
        var network = new LstmNetwork(Shape);
        var gradient = new float[Shape.ParameterCount];
        network.Forward(parameters, batch);
        weights.CopyTo(batch.OutputGradient.AsSpan());
        network.Backward(parameters, batch, gradient);

        for (var trial = 0; trial < 5; trial++)
        {
            var direction = new float[Shape.ParameterCount];
            foreach (ref var d in direction.AsSpan(range)) d = (float)random.NextDouble() - 0.5f;
            double Value(float step)
            {
                float[] moved = [.. parameters.Zip(direction, (p, d) => p + (step * d))];
                network.Forward(moved, batch);
                return batch.Outputs.Zip(weights, (o, w) => (double)o * w).Sum();
            }

            const float e = 0.05f;
            var numeric = (Value(-2 * e) - (8 * Value(-e)) + (8 * Value(e)) - Value(2 * e)) / (12 * e);
            var analytic = gradient.Zip(direction, (g, d) => (double)g * d).Sum();
            Assert.True(Math.Abs(numeric - analytic) < 2e-3 * Math.Max(0.5, Math.Abs(numeric)), $"{block}: numeric {numeric}, analytic {analytic}");
        }
    }

    [Fact]
    public void The_forward_pass_is_the_textbook_recurrence()
    {
        var (parameters, batch) = Example(new Random(4));
        new LstmNetwork(Shape).Forward(parameters, batch);
        for (var sample = 0; sample < Samples; sample++)
        {
            for (var h = 0; h < Horizon; h++)
            {
                var expected = TextbookOutputs(parameters, batch, sample, h);
                for (var q = 0; q < Shape.Quantiles; q++)
                    Assert.Equal(expected[q], batch.Outputs[(((sample * Horizon) + h) * Shape.Outputs) + q], 1e-5);
            }
        }
    }

    [Fact]
    public void A_sample_gets_the_same_bits_alone_and_in_a_batch()
    {
        var (parameters, batch) = Example(new Random(5));
        var network = new LstmNetwork(Shape);
        network.Forward(parameters, batch);
        const int sample = 3;
        var alone = new LstmBatch(Shape, Window, Horizon, 1);
        for (var t = 0; t < Window; t++) batch.Inputs.AsSpan(((t * Samples) + sample) * Shape.Inputs, Shape.Inputs).CopyTo(alone.Inputs.AsSpan(t * Shape.Inputs));
        batch.StepInputs.AsSpan(sample * Horizon * Shape.StepInputs, Horizon * Shape.StepInputs).CopyTo(alone.StepInputs);
        network.Forward(parameters, alone);
        Assert.Equal(batch.Outputs.AsSpan(sample * Horizon * Shape.Outputs, Horizon * Shape.Outputs).ToArray(), alone.Outputs);
    }

    private static (float[] Parameters, LstmBatch Batch) Example(Random random)
    {
        float[] parameters = [.. Enumerable.Range(0, Shape.ParameterCount).Select(_ => (float)random.NextDouble() - 0.5f)];
        var batch = new LstmBatch(Shape, Window, Horizon, Samples);
        foreach (ref var x in batch.Inputs.AsSpan()) x = (2 * (float)random.NextDouble()) - 1;
        foreach (ref var x in batch.StepInputs.AsSpan()) x = (2 * (float)random.NextDouble()) - 1;
        return (parameters, batch);
    }

    // In double, one number at a time.
    private static double[] TextbookOutputs(float[] parameters, LstmBatch batch, int sample, int step)
    {
        double P(Range block, int row, int column, int columns) => parameters[block.Start.Value + (row * columns) + column];
        var hidden = new double[Shape.Hidden];
        var cell = new double[Shape.Hidden];
        for (var t = 0; t < Window; t++)
        {
            var gates = new double[Shape.Gates];
            for (var g = 0; g < Shape.Gates; g++)
            {
                gates[g] = P(Shape.GateBias, 0, g, Shape.Gates);
                for (var i = 0; i < Shape.Inputs; i++) gates[g] += batch.Inputs[(((t * batch.Count) + sample) * Shape.Inputs) + i] * P(Shape.InputWeights, i, g, Shape.Gates);
                for (var i = 0; i < Shape.Hidden; i++) gates[g] += hidden[i] * P(Shape.RecurrentWeights, i, g, Shape.Gates);
            }

            for (var j = 0; j < Shape.Hidden; j++)
            {
                cell[j] = (Sigmoid(gates[Shape.Hidden + j]) * cell[j]) + (Sigmoid(gates[j]) * Math.Tanh(gates[(2 * Shape.Hidden) + j]));
                hidden[j] = Sigmoid(gates[(3 * Shape.Hidden) + j]) * Math.Tanh(cell[j]);
            }
        }

        double Feature(int i) => batch.StepInputs[(((sample * Horizon) + step) * Shape.StepInputs) + i];
        var outputs = new double[Shape.Quantiles];
        for (var q = 0; q < outputs.Length; q++)
        {
            outputs[q] = P(Shape.OutputBias, 0, q, Shape.Outputs);
            for (var i = 0; i < Shape.StepInputs; i++) outputs[q] += Feature(i) * P(Shape.SkipWeights, i, q, Shape.Outputs);
            for (var u = 0; u < Shape.Decoder; u++)
            {
                var sum = P(Shape.DecoderBias, 0, u, Shape.Decoder);
                for (var i = 0; i < Shape.Hidden; i++) sum += hidden[i] * P(Shape.ContextWeights, i, u, Shape.Decoder);
                for (var i = 0; i < Shape.StepInputs; i++) sum += Feature(i) * P(Shape.StepWeights, i, u, Shape.Decoder);
                outputs[q] += Math.Tanh(sum) * P(Shape.OutputWeights, u, q, Shape.Outputs);
            }
        }

        return outputs;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
