namespace Foreflow.Core.Profiling.Sizing;

/// <summary>
/// What a task may need, as weighted possible peaks, and the grant with the least expected waste over them. A grant that
/// is enough wastes what it exceeds the need by; one that is not wastes all of itself and of its cores, and is retried
/// up the ladder. (Tovar et al., "A Job Sizing Strategy for High-Throughput Scientific Workflows", 2018, with retries in
/// steps and a tail for what has not been seen.)
/// </summary>
internal sealed class MemoryOutlook
{
    /// <summary>The unseen is spread over these quantiles of an exponential excess.</summary>
    private static readonly double[] TailQuantiles = [0.125, 0.375, 0.625, 0.875];

    private readonly List<(double Bytes, double Weight)> _possible = [];
    private readonly List<(double Seconds, double Bytes)> _finished = [];
    private double _weight;

    /// <summary>Number of observations this rests on, distant ones counting in part.</summary>
    internal double Observations { get; private set; }

    /// <summary>The largest peak expected of a task that is like a finished one.</summary>
    internal double LargestBytes { get; private set; }

    /// <summary>Takes a finished task, scaled to the one that asks.</summary>
    /// <param name="bytes">Its peak, scaled.</param>
    /// <param name="seconds">How long it ran: waste counts by the second.</param>
    /// <param name="similarity">1 where it is just like the one that asks, down to 0.</param>
    internal void Add(double bytes, double seconds, double similarity)
    {
        AddPossible(bytes, seconds, similarity);
        Observations += similarity;
        if (similarity < 0.1) return;
        LargestBytes = Math.Max(LargestBytes, bytes);
        _finished.Add((seconds, bytes));
    }

    /// <summary>Takes a possible peak that is no observation of its own.</summary>
    internal void AddPossible(double bytes, double seconds, double weight)
    {
        _possible.Add((bytes, weight * seconds));
        _weight += weight * seconds;
    }

    /// <summary>The grant with the least expected waste, in bytes.</summary>
    internal double LeastWaste(in SizingRequest request, double largestSeenBytes, SizingOptions options)
    {
        AddUnseen(request, options);
        _possible.Sort();
        var count = _possible.Count;
        Span<double> weights = count < 512 ? stackalloc double[count + 1] : new double[count + 1];
        Span<double> sums = count < 512 ? stackalloc double[count + 1] : new double[count + 1];
        (weights[0], sums[0]) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            weights[i + 1] = weights[i] + _possible[i].Weight;
            sums[i + 1] = sums[i] + _possible[i].Weight * _possible[i].Bytes;
        }

        var cap = (double)request.CapBytes;
        var cores = options.CoreWorthBytes * request.Cores;
        var (best, least) = (cap, double.MaxValue);
        for (var i = 0; i < count; i++)
        {
            var grant = Math.Min(cap, _possible[i].Bytes + options.MarginBytes);
            var second = RetryLadder.Next(grant, 1, largestSeenBytes, request.PresetBytes, cap, options);
            var third = RetryLadder.Next(second, 2, largestSeenBytes, request.PresetBytes, cap, options);
            int enough = EnoughFor(grant), secondEnough = EnoughFor(second);
            var (first, retried, rest) = (weights[enough], weights[secondEnough] - weights[enough], weights[count] - weights[secondEnough]);
            var waste = grant * first + (grant + cores + second) * retried + (grant + second + 2 * cores + third) * rest - sums[count];
            if (waste < least) (best, least) = (grant, waste);
        }

        return best;
    }

    /// <summary>
    /// What has not been seen yet: a new record. Its chance falls with every task finished and rises with every running
    /// one that has outlasted them all; by how much it exceeds the last record is learnt from the longer half of the
    /// finished tasks, taken from short to long, because the short ones finish first.
    /// </summary>
    private void AddUnseen(in SizingRequest request, SizingOptions options)
    {
        _finished.Sort();
        var (excess, steps, record) = (options.UnseenScale, 1.0, 0.0);
        for (var i = 0; i < _finished.Count; i++)
        {
            var bytes = _finished[i].Bytes;
            if (i > 0 && 2 * i >= _finished.Count)
            {
                if (bytes > record) excess += Math.Log(bytes / record);
                steps++;
            }

            record = Math.Max(record, bytes);
        }

        var scale = excess / steps;
        var weight = (options.UnseenWeight + request.OlderSiblings) * _weight / Math.Max(1e-9, Observations) / TailQuantiles.Length;
        foreach (var quantile in TailQuantiles)
        {
            var bytes = LargestBytes * Math.Exp(-scale * Math.Log(1 - quantile));
            _possible.Add((Math.Min(request.CapBytes, bytes), weight));
        }
    }

    /// <summary>How many of the possible peaks a grant is enough for.</summary>
    private int EnoughFor(double grant)
    {
        int low = 0, high = _possible.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_possible[middle].Bytes <= grant) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
