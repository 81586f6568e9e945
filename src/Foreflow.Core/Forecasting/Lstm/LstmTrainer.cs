using MathNet.Numerics.Distributions;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>What came of training one network.</summary>
/// <param name="Trial">Weights that know nothing of the held-out tails.</param>
/// <param name="Final">Weights trained on everything.</param>
/// <param name="Epochs">Passes over the windows that served best on the held-out tail; 0 where none improved on the linear start.</param>
/// <param name="LinearLoss">Pinball loss of the linear start on the held-out tail, in units of window spread.</param>
/// <param name="HeldOutLoss">Loss on the held-out tail after <paramref name="Epochs"/>.</param>
internal sealed record TrainingResult(float[] Trial, float[] Final, int Epochs, double LinearLoss, double HeldOutLoss);

/// <summary>
/// Trains one network: first on all but the tails, to see after how many epochs the loss on the tails is least (early stopping,
/// Prechelt 1998); then again from the start for that many epochs on everything, so that the newest values are learned too.
/// What is kept is a running mean of the weights over the last epochs (Polyak and Juditsky 1992): less a matter of chance than where the last step ended.
/// </summary>
internal sealed class LstmTrainer
{
    // The weights of two epochs ago count half.
    private const double AveragingHalfLifeEpochs = 2;

    // The decoder begins nearly silent, so that the network begins as its linear part.
    private const double InitialOutputScale = 0.1;

    // Quantiles begin a little inside those of a normal error: widening is learned as fast as narrowing.
    private const double InitialSpread = 0.8;

    private readonly LstmOptions _options;
    private readonly WindowFeatures _features;
    private readonly LstmShape _shape;
    private readonly IReadOnlyList<FilledSeries> _series;
    private readonly double[] _prior;
    private readonly LstmNetwork _network;
    private readonly LstmBatch _batch;
    private readonly float[] _levels;
    private readonly float[] _gradient;

    public LstmTrainer(LstmOptions options, WindowFeatures features, LstmShape shape, IReadOnlyList<FilledSeries> series, double[] prior)
    {
        (_options, _features, _shape, _series, _prior) = (options, features, shape, series, prior);
        _network = new LstmNetwork(shape);
        _batch = new LstmBatch(shape, features.Window, features.Horizon, options.BatchSize);
        _levels = [.. options.Levels.Select(level => (float)level)];
        _gradient = new float[shape.ParameterCount];
    }

    /// <summary>Trains from random weights drawn from <paramref name="seed"/>.</summary>
    public TrainingResult Train(TrainingWindows windows, ulong seed)
    {
        var random = new SplitMix64(seed);
        var start = RandomWeights(ref random);
        SetLinearPart(start, windows.Learned);
        var linearLoss = HeldOutLoss(start, windows.HeldOut);
        var (trial, epochs, loss) = TrainUntilBest(start, windows, linearLoss, random);

        SetLinearPart(start, windows.All);
        var run = new Run(this, start, windows.All, random);
        for (var epoch = 0; epoch < epochs; epoch++) run.Epoch();
        return new TrainingResult(trial, run.Averaged, epochs, linearLoss, loss);
    }

    private (float[] Weights, int Epochs, double Loss) TrainUntilBest(float[] start, TrainingWindows windows, double linearLoss, SplitMix64 random)
    {
        var best = (Weights: (float[])start.Clone(), Epochs: 0, Loss: linearLoss);
        if (windows.Learned.Length == 0 || windows.HeldOut.Length == 0) return best;
        var run = new Run(this, start, windows.Learned, random);
        for (var epoch = 1; epoch <= _options.MaxEpochs && epoch - best.Epochs <= _options.Patience; epoch++)
        {
            run.Epoch();
            var loss = HeldOutLoss(run.Averaged, windows.HeldOut);
            if (loss >= best.Loss) continue;
            run.Averaged.CopyTo(best.Weights, 0);
            best = (best.Weights, epoch, loss);
        }

        return best;
    }

    private double HeldOutLoss(float[] parameters, TrainingWindow[] windows)
    {
        var sum = 0.0;
        for (var first = 0; first < windows.Length; first += _batch.Capacity)
        {
            Load(windows.AsSpan(first, Math.Min(_batch.Capacity, windows.Length - first)));
            _network.Forward(parameters, _batch);
            sum += _batch.Count * PinballLoss.Evaluate(_batch.UsedOutputs, _batch.UsedTargets, _levels);
        }

        return windows.Length == 0 ? 0 : sum / windows.Length;
    }

    private void Load(ReadOnlySpan<TrainingWindow> windows)
    {
        _batch.Count = windows.Length;
        for (var i = 0; i < windows.Length; i++) _features.Write(_series[windows[i].Series], windows[i].Origin, _batch, i);
    }

    // Uniform in ±1/√(units fed in), as is usual for an LSTM; forget gates begin open (Jozefowicz et al. 2015).
    private float[] RandomWeights(ref SplitMix64 random)
    {
        var weights = new float[_shape.ParameterCount];
        Fill(weights.AsSpan(_shape.InputWeights), _shape.Hidden, 1, ref random);
        Fill(weights.AsSpan(_shape.RecurrentWeights), _shape.Hidden, 1, ref random);
        weights.AsSpan(_shape.GateBias).Slice(_shape.Hidden, _shape.Hidden).Fill(1);
        Fill(weights.AsSpan(_shape.ContextWeights), _shape.Hidden, 1, ref random);
        Fill(weights.AsSpan(_shape.StepWeights), _shape.StepInputs, 1, ref random);
        Fill(weights.AsSpan(_shape.OutputWeights), _shape.Decoder, InitialOutputScale, ref random);
        return weights;
    }

    private static void Fill(Span<float> weights, int fanIn, double scale, ref SplitMix64 random)
    {
        var bound = scale / Math.Sqrt(fanIn);
        foreach (ref var weight in weights) weight = (float)(((2 * random.NextDouble()) - 1) * bound);
    }

    private void SetLinearPart(float[] weights, TrainingWindow[] windows)
    {
        var linear = LinearStart.Fit(_series, _features, windows, _prior, _batch);
        for (var q = 0; q < _levels.Length; q++)
        {
            for (var i = 0; i < linear.Weights.Length; i++)
                weights[_shape.SkipWeights.Start.Value + (i * _shape.Outputs) + q] = (float)linear.Weights[i];
            var spread = InitialSpread * linear.ResidualDeviation * Normal.InvCDF(0, 1, _options.Levels[q]);
            weights[_shape.OutputBias.Start.Value + q] = (float)(linear.Intercept + spread);
        }
    }

    /// <summary>One run of the optimiser over a set of windows.</summary>
    private sealed class Run
    {
        private readonly LstmTrainer _trainer;
        private readonly TrainingWindow[] _windows;
        private readonly float[] _parameters;
        private readonly AdamOptimizer _optimizer;
        private readonly double _averagingShare;
        private SplitMix64 _random;

        public Run(LstmTrainer trainer, float[] start, TrainingWindow[] windows, SplitMix64 random)
        {
            _trainer = trainer;
            _windows = [.. windows];
            _parameters = [.. start];
            Averaged = [.. start];
            _optimizer = new AdamOptimizer(start, trainer._options.WeightDecay, trainer._options.GradientClip);
            var stepsPerEpoch = Math.Max(1.0, (double)WindowsPerEpoch / trainer._options.BatchSize);
            _averagingShare = 1 - Math.Pow(0.5, 1 / (AveragingHalfLifeEpochs * stepsPerEpoch));
            _random = random;
        }

        public float[] Averaged { get; }

        private int WindowsPerEpoch => Math.Min(_windows.Length, _trainer._options.MaxWindowsPerEpoch);

        public void Epoch()
        {
            _random.Shuffle(_windows.AsSpan());
            var options = _trainer._options;
            for (var first = 0; first < WindowsPerEpoch; first += options.BatchSize)
                Step(_windows.AsSpan(first, Math.Min(options.BatchSize, WindowsPerEpoch - first)));
        }

        private void Step(ReadOnlySpan<TrainingWindow> windows)
        {
            var (batch, gradient) = (_trainer._batch, _trainer._gradient);
            _trainer.Load(windows);
            _trainer._network.Forward(_parameters, batch);
            PinballLoss.Evaluate(batch.UsedOutputs, batch.UsedTargets, _trainer._levels, batch.UsedOutputGradient);
            gradient.AsSpan().Clear();
            _trainer._network.Backward(_parameters, batch, gradient);
            _optimizer.Step(_parameters, gradient, _trainer._options.LearningRate);

            // At first the plain mean of the steps so far, so that the start does not linger.
            var share = (float)Math.Max(1.0 / _optimizer.Steps, _averagingShare);
            for (var i = 0; i < Averaged.Length; i++) Averaged[i] += share * (_parameters[i] - Averaged[i]);
        }
    }
}
