using System.Collections.Immutable;

namespace Foreflow.Simulator.Scenarios;

/// <summary>A scenario cannot be used. The message has a line for everything that is wrong: file, line, column, what, and the way out.</summary>
public sealed class ScenarioException(ImmutableArray<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>One line each.</summary>
    public ImmutableArray<string> Faults { get; } = faults;
}
