using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling;

/// <summary>The profiles of one stage: over all nodes together, and on each class of nodes it has run on. Not safe for concurrent writing.</summary>
/// <param name="stage">The stage.</param>
/// <param name="kept">Gives the profile kept for the stage on a class, <see cref="ProfileBook.AnyNode"/> standing for all; a new one where there is none.</param>
public sealed class StageProfiles(StageId stage, Func<StageId, string, StageProfile> kept)
{
    private readonly SortedDictionary<string, StageProfile> _byClass = new(StringComparer.Ordinal);
    private (string Class, StageProfile Profile)? _lastAsked;

    /// <summary>What is known over all nodes.</summary>
    public StageProfile All { get; } = kept(stage, ProfileBook.AnyNode);

    /// <summary>What is known on one class of nodes alone.</summary>
    public StageProfile Of(string nodeClass)
    {
        if (_lastAsked is { } last && ReferenceEquals(last.Class, nodeClass)) return last.Profile;
        if (!_byClass.TryGetValue(nodeClass, out var known)) _byClass[nodeClass] = known = kept(stage, nodeClass);
        _lastAsked = (nodeClass, known);
        return known;
    }

    /// <summary>
    /// What to plan with on a class: its own profile from <see cref="ProfileBook.TrustedAttempts"/> successful attempts on;
    /// before, and where there is no other class to differ from, that over all nodes.
    /// </summary>
    public StageProfile Best(string nodeClass)
    {
        if (_byClass.Count < 2) return All;
        var own = Of(nodeClass);
        return own.Outcome(AttemptCause.Succeeded).Count >= ProfileBook.TrustedAttempts ? own : All;
    }
}
