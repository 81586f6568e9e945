namespace Foreflow.Core.Runs;

/// <summary>Why a second attempt of a task was started beside the one that runs: the numbers the decision rests on.</summary>
/// <param name="ElapsedSeconds">How long that one had run.</param>
/// <param name="LateAfterSeconds">The time that 95 % of the stage's attempts stay below, by its profile.</param>
/// <param name="Observations">Run times that figure rests on.</param>
/// <param name="Hedges">Attempts of the stage that were hedged before, of <paramref name="Attempts"/>.</param>
/// <param name="Attempts">Attempts of the stage that were started before, hedges not counted.</param>
public sealed record HedgeReason(double ElapsedSeconds, double LateAfterSeconds, long Observations, long Hedges, long Attempts);
