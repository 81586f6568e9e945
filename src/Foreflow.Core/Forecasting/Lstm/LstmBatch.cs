namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// A batch of windows and everything a pass through the network leaves behind for the way back. Allocated once, filled again and again.
/// Window data lie time-major ([step][sample][feature]), step-ahead data sample-major ([sample][step ahead][feature]).
/// </summary>
internal sealed class LstmBatch(LstmShape shape, int window, int horizon, int capacity)
{
    public int Window { get; } = window;

    public int Horizon { get; } = horizon;

    public int Capacity { get; } = capacity;

    /// <summary>Samples in use, at most <see cref="Capacity"/>.</summary>
    public int Count { get; set; } = capacity;

    public float[] Inputs { get; } = new float[window * capacity * shape.Inputs];

    public float[] StepInputs { get; } = new float[capacity * horizon * shape.StepInputs];

    /// <summary>What each output should have been, in units of its window's scale; NaN where it is not known and costs nothing.</summary>
    public float[] Targets { get; } = new float[capacity * horizon];

    /// <summary>Activated gates; on the way back overwritten by the gradient of their arguments.</summary>
    public float[] Gates { get; } = new float[window * capacity * shape.Gates];

    /// <summary>Hidden state before step 0 (zero) and after each step.</summary>
    public float[] Hidden { get; } = new float[(window + 1) * capacity * shape.Hidden];

    /// <summary>Cell state before step 0 (zero) and after each step.</summary>
    public float[] Cell { get; } = new float[(window + 1) * capacity * shape.Hidden];

    public float[] CellTanh { get; } = new float[window * capacity * shape.Hidden];

    public float[] DecoderBase { get; } = new float[capacity * shape.Decoder];

    public float[] Decoder { get; } = new float[capacity * horizon * shape.Decoder];

    public float[] Outputs { get; } = new float[capacity * horizon * shape.Outputs];

    public float[] OutputGradient { get; } = new float[capacity * horizon * shape.Outputs];

    public float[] DecoderGradient { get; } = new float[capacity * horizon * shape.Decoder];

    /// <summary>The outputs of the samples in use.</summary>
    public ReadOnlySpan<float> UsedOutputs => Outputs.AsSpan(0, Count * Horizon * shape.Outputs);

    public Span<float> UsedOutputGradient => OutputGradient.AsSpan(0, Count * Horizon * shape.Outputs);

    public ReadOnlySpan<float> UsedTargets => Targets.AsSpan(0, Count * Horizon);

    public float[] HiddenGradient { get; } = new float[capacity * shape.Hidden];

    public float[] CellGradient { get; } = new float[capacity * shape.Hidden];
}
