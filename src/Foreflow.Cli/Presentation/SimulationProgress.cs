using System.Diagnostics;
using System.Globalization;

namespace Foreflow.Cli.Presentation;

/// <summary>Says on standard error how far a simulation is once it takes over a second: one line that is rewritten, or a plain line now and then where nobody watches.</summary>
public sealed class SimulationProgress(TextWriter to) : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly bool _isPlain = Console.IsErrorRedirected;
    private TimeSpan _last;
    private int _width;

    /// <summary>Takes what is simulated and how far it is, 0 to 1; NaN where that is not known.</summary>
    public void Tell(string what, double share)
    {
        var now = Stopwatch.GetElapsedTime(_started);
        if (now < Quiet || now - _last < (_isPlain ? TimeSpan.FromSeconds(10) : TimeSpan.FromMilliseconds(200))) return;
        _last = now;
        var line = string.Create(CultureInfo.InvariantCulture, $"simulating {what}: {(double.IsNaN(share) ? $"{now.TotalSeconds:0} s so far" : $"{100 * Math.Clamp(share, 0, 1):0} %")}");
        if (_isPlain)
        {
            to.WriteLine(line);
            return;
        }

        to.Write($"\r{line.PadRight(_width)}");
        _width = line.Length;
        to.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_width > 0) to.Write($"\r{new string(' ', _width)}\r");
    }
}
