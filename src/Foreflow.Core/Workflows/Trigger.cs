using System.Collections.Immutable;
using System.Text.Json;

namespace Foreflow.Core.Workflows;

/// <summary>What starts a run beside a person.</summary>
public abstract record Trigger
{
    private protected Trigger()
    {
    }

    /// <summary>Values of inputs that its runs are given, in file order; the others take their defaults.</summary>
    public ImmutableArray<NamedValue> Inputs { get; init; } = [];
}

/// <summary>A run at every time that matches.</summary>
/// <param name="Expression">Five cron fields (minute, hour, day, month, weekday), or six with seconds first.</param>
/// <param name="TimeZone">IANA name of the zone the times are meant in, such as <c>Europe/Amsterdam</c>.</param>
public sealed record CronTrigger(string Expression, string TimeZone = "UTC") : Trigger;

/// <summary>A run every so often.</summary>
/// <param name="Period">From one start to the next; at least 100 ms.</param>
public sealed record IntervalTrigger(TimeSpan Period) : Trigger;

/// <summary>A JSON value with its name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value.</param>
public sealed record NamedValue(string Name, JsonElement Value);
