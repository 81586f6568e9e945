using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;

namespace Foreflow.Core.Outcomes;

/// <summary>A step about memory that ran out on a node, as it was taken: known at once.</summary>
/// <param name="SettledAt">When it was taken.</param>
/// <param name="StageName">The stage whose attempt it was about.</param>
/// <param name="Generation">The plan that decided.</param>
/// <param name="Step">The step.</param>
public sealed record ReliefOutcome(Instant SettledAt, string StageName, long Generation, ReliefStep Step) : Outcome(SettledAt, StageName);
