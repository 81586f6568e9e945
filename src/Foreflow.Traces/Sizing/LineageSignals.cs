using Foreflow.Core.Profiling.Sizing;

namespace Foreflow.Traces.Sizing;

/// <summary>
/// What tells the size of a task's input where the trace does not: what earlier tasks on the same sample read, wrote and
/// took. Tasks are on the same sample where their tags are equal or one extends the other (<c>S1</c>, <c>S1_L001</c>,
/// <c>S1.bin.3.fa</c>). Only tasks that have completed are looked at, so nothing of the future is used.
/// </summary>
internal sealed class LineageSignals
{
    /// <summary>Longer tags of the same sample beyond this many are ignored.</summary>
    private const int MaximumExtensions = 1000;

    private readonly Dictionary<string, Sample> _samples = new(StringComparer.Ordinal);
    private readonly string[] _tags;

    internal LineageSignals(IEnumerable<SizedTask> tasks) =>
        _tags = tasks.Select(t => t.Trace.Tag).OfType<string>().Where(t => t.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();

    /// <summary>A task has completed.</summary>
    internal void Learn(SizedTask task)
    {
        if (string.IsNullOrEmpty(task.Trace.Tag)) return;
        if (!_samples.TryGetValue(task.Trace.Tag, out var sample)) _samples[task.Trace.Tag] = sample = new Sample();
        sample.Add(task);
    }

    /// <summary>The signals of a task that starts now: its own input size first where the trace has it.</summary>
    internal IReadOnlyList<SizeSignal> Of(SizedTask task)
    {
        var signals = new List<SizeSignal>();
        if (task.Trace.InputBytes is > 0 and var input) signals.Add(new SizeSignal("input", input));
        if (string.IsNullOrEmpty(task.Trace.Tag)) return signals;

        var processes = new SortedDictionary<string, Totals>(StringComparer.Ordinal);
        foreach (var tag in Related(task.Trace.Tag))
        {
            if (!_samples.TryGetValue(tag, out var sample)) continue;
            foreach (var (process, totals) in sample.Processes)
            {
                if (process != task.Trace.Process) processes[process] = processes.GetValueOrDefault(process) + totals;
            }
        }

        if (processes.Count == 0) return signals;
        signals.Add(new SizeSignal("written before", processes.Values.Sum(t => t.Written)));
        foreach (var (process, totals) in processes)
        {
            signals.Add(new SizeSignal($"{process}: written", totals.Written / totals.Tasks));
            signals.Add(new SizeSignal($"{process}: read", totals.Read / totals.Tasks));
            signals.Add(new SizeSignal($"{process}: hours", totals.Hours / totals.Tasks));
            signals.Add(new SizeSignal($"{process}: memory", totals.Memory / totals.Tasks));
        }

        return signals;
    }

    /// <summary>The tag, what it extends, and what extends it, in that order.</summary>
    private IEnumerable<string> Related(string tag)
    {
        yield return tag;
        for (var length = tag.Length - 1; length > 0; length--)
        {
            if (!char.IsLetterOrDigit(tag[length])) yield return tag[..length];
        }

        var found = Array.BinarySearch(_tags, tag, StringComparer.Ordinal);
        var next = found < 0 ? ~found : found + 1;
        for (var i = 0; i < MaximumExtensions && next < _tags.Length && _tags[next].StartsWith(tag, StringComparison.Ordinal); i++, next++)
        {
            if (!char.IsLetterOrDigit(_tags[next][tag.Length])) yield return _tags[next];
        }
    }

    private readonly record struct Totals(int Tasks, double Written, double Read, double Hours, double Memory)
    {
        public static Totals operator +(Totals a, Totals b) => new(a.Tasks + b.Tasks, a.Written + b.Written, a.Read + b.Read, a.Hours + b.Hours, a.Memory + b.Memory);
    }

    private sealed class Sample
    {
        internal SortedDictionary<string, Totals> Processes { get; } = new(StringComparer.Ordinal);

        internal void Add(SizedTask task)
        {
            var trace = task.Trace;
            var totals = new Totals(1, trace.CharactersWritten ?? 0, trace.CharactersRead ?? 0, task.Hours, task.NeedBytes);
            Processes[trace.Process] = Processes.GetValueOrDefault(trace.Process) + totals;
        }
    }
}
