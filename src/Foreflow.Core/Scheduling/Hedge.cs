using Foreflow.Core.Runs;

namespace Foreflow.Core.Scheduling;

/// <summary>A second attempt of a task that runs for longer than is usual: the first that succeeds is taken, the other is ended.</summary>
/// <param name="Hedged">Ticket of the attempt that runs.</param>
/// <param name="Work">Where the second one goes; its ticket is that of the first with the sign changed, since an attempt is hedged once at most.</param>
/// <param name="Reason">The numbers it rests on.</param>
public sealed record Hedge(long Hedged, Assignment Work, HedgeReason Reason);
