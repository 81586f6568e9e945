using System.Globalization;
using Foreflow.Core.Model;

namespace Foreflow.Engine.Storage;

/// <summary>Which runs to list, newest first.</summary>
public sealed record RunQuery
{
    /// <summary>Only runs of this workflow; null for all.</summary>
    public string? Workflow { get; init; }

    /// <summary>Only runs in one of these states; empty for all.</summary>
    public IReadOnlyCollection<RunStatus> Statuses { get; init; } = [];

    /// <summary>Only runs accepted at or after this; null for all.</summary>
    public Instant? Since { get; init; }

    /// <summary>Go on behind this place: the <see cref="RunPage.Next"/> of the page before.</summary>
    public RunCursor? After { get; init; }

    /// <summary>Most rows to return, 1 to <see cref="StorageLimits.PageSize"/>.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>A place in the list of runs. Stays valid while runs come and go: nothing is skipped or shown twice.</summary>
/// <param name="CreatedAt">When the last run shown was accepted.</param>
/// <param name="Number">The store's own number of that run.</param>
public readonly record struct RunCursor(Instant CreatedAt, long Number)
{
    /// <summary>Text that <see cref="TryParse"/> reads: for links and command lines.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{CreatedAt.Ticks}.{Number}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string? text, out RunCursor cursor)
    {
        cursor = default;
        var dot = text?.IndexOf('.') ?? -1;
        if (dot < 0
            || !long.TryParse(text.AsSpan(0, dot), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ticks)
            || !long.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        cursor = new RunCursor(new Instant(ticks), number);
        return true;
    }
}

/// <summary>One page of a list of runs.</summary>
/// <param name="Runs">Newest first.</param>
/// <param name="Next">Where the next page starts; null when this is the last.</param>
public sealed record RunPage(IReadOnlyList<RunSummary> Runs, RunCursor? Next);

/// <summary>How many runs of a workflow are in a state.</summary>
public readonly record struct RunCount(string Workflow, RunStatus Status, long Count);
