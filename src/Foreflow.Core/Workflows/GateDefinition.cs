namespace Foreflow.Core.Workflows;

/// <summary>A named finite shared resource: database connections, licences, an API's quota.</summary>
/// <param name="Name">Name, shared by all workflows of a pool.</param>
public abstract record GateDefinition(string Name);

/// <summary>So many units at a time: a unit is held while an attempt runs.</summary>
/// <param name="Name">Name of the gate.</param>
/// <param name="Units">How many units there are; at least 1.</param>
public sealed record CapacityGate(string Name, int Units) : GateDefinition(Name);

/// <summary>So many units per period: a unit is spent when an attempt starts.</summary>
/// <param name="Name">Name of the gate.</param>
/// <param name="Units">How many units a period brings; at least 1.</param>
/// <param name="Period">The period; at least 1 ms.</param>
public sealed record RateGate(string Name, int Units, TimeSpan Period) : GateDefinition(Name);
