using System.Numerics;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// Encoder: one LSTM layer (Hochreiter and Schmidhuber 1997; forget gate of Gers et al. 2000) over the window.
/// Decoder: per step ahead a tanh layer over the last hidden state and the features of that step, as in the multi-horizon quantile
/// forecaster of Wen et al. 2017, plus a linear path from the features straight to the outputs (Lai et al. 2018), so that
/// the network only has to learn what a linear model of the seasonal lags leaves unexplained.
/// </summary>
internal sealed class LstmNetwork(LstmShape shape)
{
    private readonly float[] _recurrentTransposed = new float[shape.Gates * shape.Hidden];
    private readonly float[] _outputTransposed = new float[shape.Outputs * shape.Decoder];
    private readonly float[] _contextTransposed = new float[shape.Decoder * shape.Hidden];

    public LstmShape Shape => shape;

    /// <summary>Fills the batch's <see cref="LstmBatch.Outputs"/> from its inputs.</summary>
    public void Forward(ReadOnlySpan<float> parameters, LstmBatch batch)
    {
        Encode(parameters, batch);
        Decode(parameters, batch);
    }

    /// <summary>Adds to <paramref name="gradient"/> what the batch's <see cref="LstmBatch.OutputGradient"/> means for every parameter. Call after <see cref="Forward"/>.</summary>
    public void Backward(ReadOnlySpan<float> parameters, LstmBatch batch, Span<float> gradient)
    {
        Transpose(parameters[shape.RecurrentWeights], _recurrentTransposed, shape.Gates);
        Transpose(parameters[shape.OutputWeights], _outputTransposed, shape.Outputs);
        Transpose(parameters[shape.ContextWeights], _contextTransposed, shape.Decoder);
        BackThroughDecoder(batch, gradient);
        BackThroughTime(batch, gradient);
    }

    private void Encode(ReadOnlySpan<float> parameters, LstmBatch batch)
    {
        int count = batch.Count, hidden = shape.Hidden, rows = batch.Window * count;
        FillRows(parameters[shape.GateBias], batch.Gates.AsSpan(0, rows * shape.Gates));
        VectorKernels.MultiplyAdd(batch.Inputs, shape.Inputs, 1, parameters[shape.InputWeights], batch.Gates, rows, shape.Gates, shape.Inputs);
        batch.Hidden.AsSpan(0, count * hidden).Clear();
        batch.Cell.AsSpan(0, count * hidden).Clear();
        for (var t = 0; t < batch.Window; t++)
        {
            var gates = batch.Gates.AsSpan(t * count * shape.Gates, count * shape.Gates);
            VectorKernels.MultiplyAdd(
                batch.Hidden.AsSpan(t * count * hidden), hidden, 1, parameters[shape.RecurrentWeights], gates, count, shape.Gates, hidden);
            for (var s = 0; s < count; s++)
            {
                int before = ((t * count) + s) * hidden, after = before + (count * hidden);
                StepCell(
                    gates.Slice(s * shape.Gates, shape.Gates),
                    batch.Cell.AsSpan(before, hidden),
                    batch.Cell.AsSpan(after, hidden),
                    batch.CellTanh.AsSpan(before, hidden),
                    batch.Hidden.AsSpan(after, hidden));
            }
        }
    }

    // c' = f c + i g; h' = o tanh(c'). The gates are activated in place.
    private static void StepCell(Span<float> gates, ReadOnlySpan<float> cell, Span<float> nextCell, Span<float> cellTanh, Span<float> nextHidden)
    {
        var n = cell.Length;
        for (var j = 0; j < n; j += Vector<float>.Count)
        {
            var input = VectorKernels.Sigmoid(new Vector<float>(gates[j..]));
            var forget = VectorKernels.Sigmoid(new Vector<float>(gates[(n + j)..]));
            var candidate = VectorKernels.Tanh(new Vector<float>(gates[((2 * n) + j)..]));
            var output = VectorKernels.Sigmoid(new Vector<float>(gates[((3 * n) + j)..]));
            var c = (forget * new Vector<float>(cell[j..])) + (input * candidate);
            var tanh = VectorKernels.Tanh(c);
            input.CopyTo(gates[j..]);
            forget.CopyTo(gates[(n + j)..]);
            candidate.CopyTo(gates[((2 * n) + j)..]);
            output.CopyTo(gates[((3 * n) + j)..]);
            c.CopyTo(nextCell[j..]);
            tanh.CopyTo(cellTanh[j..]);
            (output * tanh).CopyTo(nextHidden[j..]);
        }
    }

    private void Decode(ReadOnlySpan<float> parameters, LstmBatch batch)
    {
        int count = batch.Count, horizon = batch.Horizon, rows = count * horizon;
        var context = Context(batch);
        FillRows(parameters[shape.DecoderBias], batch.DecoderBase.AsSpan(0, count * shape.Decoder));
        VectorKernels.MultiplyAdd(context, shape.Hidden, 1, parameters[shape.ContextWeights], batch.DecoderBase, count, shape.Decoder, shape.Hidden);

        var decoder = batch.Decoder.AsSpan(0, rows * shape.Decoder);
        for (var s = 0; s < count; s++)
            FillRows(batch.DecoderBase.AsSpan(s * shape.Decoder, shape.Decoder), decoder.Slice(s * horizon * shape.Decoder, horizon * shape.Decoder));
        VectorKernels.MultiplyAdd(batch.StepInputs, shape.StepInputs, 1, parameters[shape.StepWeights], decoder, rows, shape.Decoder, shape.StepInputs);
        for (var j = 0; j < decoder.Length; j += Vector<float>.Count) VectorKernels.Tanh(new Vector<float>(decoder[j..])).CopyTo(decoder[j..]);

        var outputs = batch.Outputs.AsSpan(0, rows * shape.Outputs);
        FillRows(parameters[shape.OutputBias], outputs);
        VectorKernels.MultiplyAdd(batch.StepInputs, shape.StepInputs, 1, parameters[shape.SkipWeights], outputs, rows, shape.Outputs, shape.StepInputs);
        VectorKernels.MultiplyAdd(decoder, shape.Decoder, 1, parameters[shape.OutputWeights], outputs, rows, shape.Outputs, shape.Decoder);
    }

    private void BackThroughDecoder(LstmBatch batch, Span<float> gradient)
    {
        int count = batch.Count, horizon = batch.Horizon, rows = count * horizon, width = shape.Decoder;
        var outputGradient = batch.OutputGradient.AsSpan(0, rows * shape.Outputs);
        VectorKernels.AddColumnSums(outputGradient, gradient[shape.OutputBias]);
        VectorKernels.MultiplyAdd(batch.Decoder, 1, width, outputGradient, gradient[shape.OutputWeights], width, shape.Outputs, rows);
        VectorKernels.MultiplyAdd(batch.StepInputs, 1, shape.StepInputs, outputGradient, gradient[shape.SkipWeights], shape.StepInputs, shape.Outputs, rows);

        var back = batch.DecoderGradient.AsSpan(0, rows * width);
        back.Clear();
        VectorKernels.MultiplyAdd(outputGradient, shape.Outputs, 1, _outputTransposed, back, rows, width, shape.Outputs);
        for (var j = 0; j < back.Length; j += Vector<float>.Count)
        {
            var activation = new Vector<float>(batch.Decoder, j);
            (new Vector<float>(back[j..]) * (Vector<float>.One - (activation * activation))).CopyTo(back[j..]);
        }

        VectorKernels.MultiplyAdd(batch.StepInputs, 1, shape.StepInputs, back, gradient[shape.StepWeights], shape.StepInputs, width, rows);
        var perSample = batch.DecoderBase.AsSpan(0, count * width);
        perSample.Clear();
        for (var s = 0; s < count; s++) VectorKernels.AddColumnSums(back.Slice(s * horizon * width, horizon * width), perSample.Slice(s * width, width));
        VectorKernels.AddColumnSums(perSample, gradient[shape.DecoderBias]);
        VectorKernels.MultiplyAdd(Context(batch), 1, shape.Hidden, perSample, gradient[shape.ContextWeights], shape.Hidden, width, count);
        var hidden = batch.HiddenGradient.AsSpan(0, count * shape.Hidden);
        hidden.Clear();
        VectorKernels.MultiplyAdd(perSample, width, 1, _contextTransposed, hidden, count, shape.Hidden, width);
    }

    private void BackThroughTime(LstmBatch batch, Span<float> gradient)
    {
        int count = batch.Count, hidden = shape.Hidden, rows = batch.Window * count;
        batch.CellGradient.AsSpan(0, count * hidden).Clear();
        for (var t = batch.Window - 1; t >= 0; t--)
        {
            var gates = batch.Gates.AsSpan(t * count * shape.Gates, count * shape.Gates);
            for (var s = 0; s < count; s++)
            {
                var before = ((t * count) + s) * hidden;
                StepCellBack(
                    gates.Slice(s * shape.Gates, shape.Gates),
                    batch.Cell.AsSpan(before, hidden),
                    batch.CellTanh.AsSpan(before, hidden),
                    batch.HiddenGradient.AsSpan(s * hidden, hidden),
                    batch.CellGradient.AsSpan(s * hidden, hidden));
            }

            var hiddenGradient = batch.HiddenGradient.AsSpan(0, count * hidden);
            hiddenGradient.Clear();
            VectorKernels.MultiplyAdd(gates, shape.Gates, 1, _recurrentTransposed, hiddenGradient, count, hidden, shape.Gates);
        }

        var gateGradient = batch.Gates.AsSpan(0, rows * shape.Gates);
        VectorKernels.AddColumnSums(gateGradient, gradient[shape.GateBias]);
        VectorKernels.MultiplyAdd(batch.Inputs, 1, shape.Inputs, gateGradient, gradient[shape.InputWeights], shape.Inputs, shape.Gates, rows);
        VectorKernels.MultiplyAdd(batch.Hidden, 1, hidden, gateGradient, gradient[shape.RecurrentWeights], hidden, shape.Gates, rows);
    }

    // The chain rule through StepCell: gates become the gradient of their arguments, cellGradient that of the cell before.
    private static void StepCellBack(
        Span<float> gates, ReadOnlySpan<float> cell, ReadOnlySpan<float> cellTanh, ReadOnlySpan<float> hiddenGradient, Span<float> cellGradient)
    {
        var n = cell.Length;
        var one = Vector<float>.One;
        for (var j = 0; j < n; j += Vector<float>.Count)
        {
            var input = new Vector<float>(gates[j..]);
            var forget = new Vector<float>(gates[(n + j)..]);
            var candidate = new Vector<float>(gates[((2 * n) + j)..]);
            var output = new Vector<float>(gates[((3 * n) + j)..]);
            var tanh = new Vector<float>(cellTanh[j..]);
            var dh = new Vector<float>(hiddenGradient[j..]);
            var dc = new Vector<float>(cellGradient[j..]) + (dh * output * (one - (tanh * tanh)));
            (dc * candidate * input * (one - input)).CopyTo(gates[j..]);
            (dc * new Vector<float>(cell[j..]) * forget * (one - forget)).CopyTo(gates[(n + j)..]);
            (dc * input * (one - (candidate * candidate))).CopyTo(gates[((2 * n) + j)..]);
            (dh * tanh * output * (one - output)).CopyTo(gates[((3 * n) + j)..]);
            (dc * forget).CopyTo(cellGradient[j..]);
        }
    }

    private ReadOnlySpan<float> Context(LstmBatch batch) =>
        batch.Hidden.AsSpan(batch.Window * batch.Count * shape.Hidden, batch.Count * shape.Hidden);

    private static void FillRows(ReadOnlySpan<float> row, Span<float> rows)
    {
        for (var start = 0; start < rows.Length; start += row.Length) row.CopyTo(rows[start..]);
    }

    private static void Transpose(ReadOnlySpan<float> source, Span<float> target, int columns)
    {
        var rows = source.Length / columns;
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) target[(j * rows) + i] = source[(i * columns) + j];
        }
    }
}
