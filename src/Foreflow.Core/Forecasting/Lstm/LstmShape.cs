namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>Sizes of a network, and where each weight matrix lies in its one flat parameter vector (all row-major).</summary>
/// <param name="Inputs">Features per step of the window.</param>
/// <param name="Hidden">Units of the LSTM.</param>
/// <param name="StepInputs">Features per step ahead.</param>
/// <param name="Decoder">Units of the layer that joins context and step features.</param>
/// <param name="Quantiles">Quantile levels put out per step ahead.</param>
internal sealed record LstmShape(int Inputs, int Hidden, int StepInputs, int Decoder, int Quantiles)
{
    /// <summary>Quantiles rounded up to whole vectors, so that no inner loop has a tail.</summary>
    public int Outputs => (Quantiles + 7) / 8 * 8;

    /// <summary>Input, forget, cell and output gate side by side.</summary>
    public int Gates => 4 * Hidden;

    public Range InputWeights => Block(0, Inputs * Gates);

    public Range RecurrentWeights => Block(InputWeights.End.Value, Hidden * Gates);

    public Range GateBias => Block(RecurrentWeights.End.Value, Gates);

    public Range ContextWeights => Block(GateBias.End.Value, Hidden * Decoder);

    public Range StepWeights => Block(ContextWeights.End.Value, StepInputs * Decoder);

    public Range DecoderBias => Block(StepWeights.End.Value, Decoder);

    public Range OutputWeights => Block(DecoderBias.End.Value, Decoder * Outputs);

    public Range SkipWeights => Block(OutputWeights.End.Value, StepInputs * Outputs);

    public Range OutputBias => Block(SkipWeights.End.Value, Outputs);

    public int ParameterCount => OutputBias.End.Value;

    private static Range Block(int start, int length) => start..(start + length);
}
