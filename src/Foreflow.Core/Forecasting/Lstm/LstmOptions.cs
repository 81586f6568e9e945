using System.ComponentModel.DataAnnotations;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// Size of the network and bounds on its training. One fit runs on the caller's thread alone, and costs at most
/// members × 2 × epochs × windows passes of one window through the network.
/// </summary>
public sealed record LstmOptions
{
    /// <summary>Steps the network looks back over one by one; null for two of the shortest season, 16 to 96. The last seasons are seen beside it.</summary>
    [Range(4, 1024)]
    public int? Window { get; init; }

    /// <summary>Steps ahead put out at once; longer horizons are forecast from forecasts. Null for those that will be asked for, at most 96, less where the history is short.</summary>
    [Range(1, 1024)]
    public int? Horizon { get; init; }

    /// <summary>Units of the LSTM layer; a multiple of 16.</summary>
    [Range(16, 512)]
    public int HiddenUnits { get; init; } = 32;

    /// <summary>Units of the layer that joins the LSTM's last state with the features of a step ahead; a multiple of 16.</summary>
    [Range(16, 512)]
    public int DecoderUnits { get; init; } = 32;

    /// <summary>Probability levels of the quantiles learned, ascending, between 0 and 1; one of them is 0.5.</summary>
    [MinLength(1), MaxLength(32)]
    public IReadOnlyList<double> Levels { get; init; } = [0.025, 0.1, 0.5, 0.9, 0.975];

    /// <summary>Networks trained from different random starts, whose forecasts are averaged.</summary>
    [Range(1, 32)]
    public int Members { get; init; } = 1;

    /// <summary>Most passes over the windows.</summary>
    [Range(0, 10_000)]
    public int MaxEpochs { get; init; } = 60;

    /// <summary>Most windows of one pass; of more, as many are drawn anew for each pass.</summary>
    [Range(1, 1_000_000)]
    public int MaxWindowsPerEpoch { get; init; } = 2048;

    /// <summary>Training stops after this many epochs without a better loss on the held-out tail.</summary>
    [Range(1, 10_000)]
    public int Patience { get; init; } = 8;

    /// <summary>Windows of one step of the optimiser.</summary>
    [Range(1, 1024)]
    public int BatchSize { get; init; } = 32;

    /// <summary>Step size of the optimiser.</summary>
    [Range(1e-6, 1)]
    public double LearningRate { get; init; } = 0.003;

    /// <summary>Share of the way back to the starting weights taken by each step, relative to the learning rate.</summary>
    [Range(0, 10)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest Euclidean norm of a gradient; longer ones are scaled down.</summary>
    [Range(1e-6, 1e6)]
    public double GradientClip { get; init; } = 1;

    /// <summary>The same options, if every value is in its range.</summary>
    /// <exception cref="ValidationException">A value is out of range; the message names it.</exception>
    public LstmOptions Validated()
    {
        Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
        if (HiddenUnits % 16 != 0 || DecoderUnits % 16 != 0)
            throw new ValidationException($"{nameof(HiddenUnits)} ({HiddenUnits}) and {nameof(DecoderUnits)} ({DecoderUnits}) must be multiples of 16.");
        if (!Levels.Contains(0.5) || Levels.Any(level => level is not (> 0 and < 1)) || Levels.Zip(Levels.Skip(1)).Any(pair => pair.First >= pair.Second))
            throw new ValidationException($"{nameof(Levels)} must ascend between 0 and 1 and hold 0.5: [{string.Join(", ", Levels)}].");
        return this;
    }
}
