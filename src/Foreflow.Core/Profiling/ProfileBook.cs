using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling;

/// <summary>What a profile belongs to.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="NodeClass">Nodes that perform alike, as named in the pool's configuration; <see cref="ProfileBook.AnyNode"/> for all together.</param>
public readonly record struct ProfileKey(StageId Stage, string NodeClass) : IComparable<ProfileKey>
{
    /// <inheritdoc/>
    public int CompareTo(ProfileKey other)
    {
        var byStage = Stage.CompareTo(other.Stage);
        return byStage != 0 ? byStage : string.CompareOrdinal(NodeClass, other.NodeClass);
    }

    /// <summary><c>workflow/stage@class</c>.</summary>
    public override string ToString() => $"{Stage}@{NodeClass}";
}

/// <summary>
/// All profiles of a pool, by stage and node class. Every attempt is also learnt in the stage's profile over all node
/// classes, so that a stage that is new to a class is not unknown there. Enumeration is in order of key.
/// Not safe for concurrent writing.
/// </summary>
public sealed class ProfileBook
{
    /// <summary>The node class that stands for all of them together.</summary>
    public const string AnyNode = "*";

    /// <summary>A class's own profile is preferred from this many successful attempts on; before, all classes together say more.</summary>
    public const int TrustedAttempts = 10;

    private readonly SortedDictionary<ProfileKey, StageProfile> _profiles = [];

    /// <summary>An empty book.</summary>
    /// <param name="halfLife">Time in which an observation's weight halves; 24 hours when null.</param>
    public ProfileBook(TimeSpan? halfLife = null) => HalfLife = halfLife ?? ExponentialDecay.DefaultHalfLife;

    /// <summary>Time in which an observation's weight halves.</summary>
    public TimeSpan HalfLife { get; }

    /// <summary>Every profile, in order of key.</summary>
    public IReadOnlyDictionary<ProfileKey, StageProfile> Profiles => _profiles;

    /// <summary>The profile of exactly this key; null where there is none.</summary>
    public StageProfile? Find(ProfileKey key) => _profiles.GetValueOrDefault(key);

    /// <summary>
    /// The best profile to plan with: the class's own once it has <see cref="TrustedAttempts"/>, else that over all
    /// classes; null for a stage never seen.
    /// </summary>
    public StageProfile? Best(StageId stage, string nodeClass = AnyNode)
    {
        var own = Find(new ProfileKey(stage, nodeClass));
        return own?.Outcome(AttemptCause.Succeeded).Count >= TrustedAttempts ? own : Find(new ProfileKey(stage, AnyNode)) ?? own;
    }

    /// <summary>Takes one ended attempt, for its node class and for all classes together.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure is negative, NaN or infinite; nothing is recorded then.</exception>
    public void Record(StageId stage, string nodeClass, in AttemptRecord attempt)
    {
        StageProfile.Check(attempt);
        Of(new ProfileKey(stage, AnyNode)).Record(attempt);
        if (nodeClass != AnyNode) Of(new ProfileKey(stage, nodeClass)).Record(attempt);
    }

    /// <summary>Takes the number of tasks a stage made in one run.</summary>
    public void RecordFanOut(StageId stage, long tasks, Instant at) => Of(new ProfileKey(stage, AnyNode)).RecordFanOut(tasks, at);

    /// <summary>Takes one decision of a stage's <c>when</c> condition.</summary>
    public void RecordBranch(StageId stage, bool taken, Instant at) => Of(new ProfileKey(stage, AnyNode)).RecordBranch(taken, at);

    /// <summary>Adds a profile, merging it with what is known under its key.</summary>
    /// <exception cref="ArgumentException">The half-lives differ.</exception>
    public void Merge(ProfileKey key, StageProfile profile) => Of(key).Merge(profile);

    /// <summary>Puts a profile in place of what is known under its key.</summary>
    public void Set(ProfileKey key, StageProfile profile) => _profiles[key] = profile;

    /// <summary>An independent copy.</summary>
    public ProfileBook Clone()
    {
        var copy = new ProfileBook(HalfLife);
        foreach (var (key, profile) in _profiles) copy._profiles[key] = profile.Clone();
        return copy;
    }

    private StageProfile Of(ProfileKey key)
    {
        if (_profiles.TryGetValue(key, out var known)) return known;
        return _profiles[key] = new StageProfile(HalfLife);
    }
}
