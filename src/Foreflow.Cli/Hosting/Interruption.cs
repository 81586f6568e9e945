using System.Runtime.InteropServices;
using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Hosting;

/// <summary>
/// What asks this process to end: a person (Ctrl-C), or the system (SIGTERM when the machine shuts down, SIGHUP when the
/// terminal is gone). The first request cancels <see cref="Token"/>, and the command ends in order, however long its
/// processes take to heed. A second Ctrl-C leaves at once: what still runs is found and ended by the next command.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static volatile Interruption? _current;
    private readonly CancellationTokenSource _asked = new();
    private readonly List<PosixSignalRegistration> _handlers = [];
    private volatile int _exitCode;

    private Interruption()
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
            _handlers.Add(PosixSignalRegistration.Create(signal, Take));
    }

    /// <summary>Cancelled by the first request.</summary>
    public CancellationToken Token => _asked.Token;

    /// <summary>What the command returns once it was interrupted: 128 and the number of the signal, as shells have it.</summary>
    public static int ExitCode => _current?._exitCode is { } code and > 0 ? code : ExitCodes.Interrupted;

    /// <summary>True when a person asked. What the system ends is to be carried on later, and nobody wanted it cancelled.</summary>
    public static bool IsByPerson => ExitCode == ExitCodes.Interrupted;

    /// <summary>Listens from now on. One a process.</summary>
    public static Interruption Listen() => _current = new Interruption();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var handler in _handlers) handler.Dispose();
        _asked.Dispose();
    }

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        var code = context.Signal switch
        {
            PosixSignal.SIGTERM => ExitCodes.Terminated,
            PosixSignal.SIGHUP => ExitCodes.HungUp,
            _ => ExitCodes.Interrupted,
        };
        if (Interlocked.CompareExchange(ref _exitCode, code, 0) == 0)
        {
            if (code == ExitCodes.HungUp)
            {
                // There is nobody to read, and writing to a terminal that is gone fails.
                Console.SetOut(TextWriter.Null);
                Console.SetError(TextWriter.Null);
            }

            // Not on this thread: what is cancelled goes on where it was, and a second signal must still be heard.
            _ = _asked.CancelAsync();
        }
        else if (code == ExitCodes.Interrupted)
        {
            Console.Error.WriteLine("foreflow: leaving at once; what still runs is ended by the next command on this data folder, or by 'foreflow runs resume'");
            Environment.Exit(ExitCodes.Interrupted);
        }
    }
}
