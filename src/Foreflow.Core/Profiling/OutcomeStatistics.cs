namespace Foreflow.Core.Profiling;

/// <summary>How often attempts ended for one cause, and how long they lasted until then.</summary>
/// <param name="Count">Attempts ever, without decay.</param>
/// <param name="WallSeconds">Decaying mean and variance of their time from start to end, in seconds.</param>
public readonly record struct OutcomeStatistics(long Count, DecayingMoments WallSeconds);
