using Foreflow.Core.Model;
using Foreflow.Simulator.Events;

namespace Foreflow.Simulator;

/// <summary>Attempts that stand still: what freezing their processes does in the live engine.</summary>
public sealed partial class Simulation
{
    /// <summary>Ends of the attempts that may be paused; those that stand still have none.</summary>
    private readonly Dictionary<long, PlannedEnd> _pausable = [];
    private readonly Dictionary<long, TimeSpan> _leftWhenPaused = [];

    private void Pause(long ticket)
    {
        var end = _pausable[ticket];
        _leftWhenPaused[ticket] = end.At - _now;
        _pausable[ticket] = end with { At = Instant.Never };
        NoteStanding(ticket, -1);
    }

    private void Resume(long ticket)
    {
        _leftWhenPaused.Remove(ticket, out var left);
        var end = _pausable[ticket] with { At = _now + left };
        _pausable[ticket] = end;
        _queue.Add(end.At, EventKind.AttemptEnds, ticket, (long)end.Cause);
        NoteStanding(ticket, +1);
    }

    private void NoteStanding(long ticket, int sign) => NoteClaimed(sign * _snapshot.Task(ticket)!.Granted.CpuMillicores);

    /// <summary>True for the end that an attempt would have had if it had not been paused. What ends it from outside still does.</summary>
    private bool IsPutOff(in SimulatedEvent next)
    {
        if ((AttemptCause)next.Detail is AttemptCause.Preempted or AttemptCause.Cancelled or AttemptCause.Superseded) return false;
        return _pausable.TryGetValue(next.Subject, out var end) && end.At != next.At;
    }

    private readonly record struct PlannedEnd(Instant At, AttemptCause Cause);
}
