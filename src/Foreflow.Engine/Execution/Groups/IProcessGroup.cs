using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>A process and everything it starts, as one thing that can be measured, limited, frozen and ended.</summary>
internal interface IProcessGroup : IDisposable
{
    /// <summary>Files a process writes <c>0</c> to in order to be inside; none where belonging needs no act.</summary>
    IReadOnlyList<string> JoinFiles { get; }

    /// <summary>The limits asked for that nothing enforces here, each with the reason.</summary>
    IReadOnlyList<string> UnenforcedLimits { get; }

    /// <summary>True where memory is only as fine as the samples: short attempts want early ones.</summary>
    bool NeedsEarlySamples { get; }

    /// <summary>Says which process leads the group, and gives what reads its use from now on.</summary>
    IUsageReader Attach(int leaderId);

    /// <summary>How many of its processes the kernel has killed for want of memory.</summary>
    long OutOfMemoryKills();

    /// <summary>True while a process other than an ended, unreaped one is inside.</summary>
    bool HasProcesses();

    /// <summary>Sends a signal to every process inside now.</summary>
    void Signal(int signal);

    /// <summary>Kills every process inside, those included that are born meanwhile or frozen. To be repeated until <see cref="HasProcesses"/> says no.</summary>
    void Kill();

    /// <summary>Stops or continues every process inside; false where the host cannot.</summary>
    bool SetFrozen(bool frozen);

    /// <summary>Takes the empty group away; false when it still has processes.</summary>
    bool TryRemove();
}
