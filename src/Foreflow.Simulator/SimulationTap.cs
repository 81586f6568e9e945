using Foreflow.Core;
using Foreflow.Core.Snapshot;

namespace Foreflow.Simulator;

/// <summary>Told what happens in a simulation, in the order in which a live engine writes it in its journal.</summary>
/// <param name="Opened">The pool, before its first event.</param>
/// <param name="Applied">An event, after the pool has taken it in.</param>
/// <param name="Carried">A plan, after it was carried out.</param>
public sealed record SimulationTap(Action<PoolState> Opened, Action<JournalEvent> Applied, Action<CyclePlan> Carried);
