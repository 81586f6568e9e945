using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Snapshot;

/// <summary>What a pool's fold teaches the profiles: those it plans with, and those that gather what is to be kept.</summary>
public class LearningTests
{
    private static readonly Resources Node = new(8000, 16L << 30);
    private readonly Dictionary<(StageId, string), StageProfile> _gathered = [];
    private readonly PoolState _pool;
    private Instant _now = Instant.FromUnixSeconds(1_000_000);
    private long _ticket;

    public LearningTests()
    {
        _pool = new PoolState(new ClusterSnapshot(new PoolSettings(), gathered: (stage, nodeClass) =>
        {
            if (!_gathered.TryGetValue((stage, nodeClass), out var profile)) _gathered[(stage, nodeClass)] = profile = new StageProfile();
            return profile;
        }));
        Happen(t => new SettingsChanged(t, new PoolSettings()));
        Happen(t => new NodeJoined(t, 0, new NodeId("a"), Node, "slow"));
        Happen(t => new NodeJoined(t, 1, new NodeId("b"), Node, "quick"));
        Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
        {
            Name = "w",
            Stages = [new StageSpec { Name = "left" }, new StageSpec { Name = "right" }, new StageSpec { Name = "join", Needs = [0, 1] }],
        }));
    }

    private StageState Stage(int index) => _pool.Snapshot.Stages[index];

    [Fact]
    public void Each_class_of_nodes_has_a_profile_of_its_own_and_all_together_one()
    {
        Happen(t => new RunArrived(t, 1, new RunId("r"), 0));
        for (var i = 0; i < 20; i++) Run(stage: 0, node: i % 2, seconds: i % 2 == 0 ? 10 : 2);

        var profiles = Stage(0).Profiles;
        Assert.Equal(10, profiles.Of("slow").ExecutionSeconds.Mean);
        Assert.Equal(2, profiles.Of("quick").ExecutionSeconds.Mean);
        Assert.Equal(20, profiles.All.ExecutionSeconds.Count);
        Assert.Same(profiles.Of("quick"), profiles.Best("quick"));
        Assert.Same(profiles.All, profiles.Best("never seen"));
        Assert.Equal(10, _gathered[(Stage(0).Id, "slow")].ExecutionSeconds.Count);
        Assert.False(_gathered.ContainsKey((Stage(0).Id, ProfileBook.AnyNode)));
    }

    [Fact]
    public void A_new_version_of_a_workflow_goes_on_with_what_is_known()
    {
        Happen(t => new RunArrived(t, 1, new RunId("r"), 0));
        Run(stage: 0, node: 0, seconds: 10);
        Happen(t => new WorkflowRegistered(t, 1, 3, new WorkflowSpec { Name = "w", Version = "2", Stages = [new StageSpec { Name = "left" }] }));
        Assert.Same(Stage(0).Profiles, Stage(3).Profiles);
    }

    [Fact]
    public void Peaks_of_a_running_attempt_are_known_before_it_ends_and_count_once()
    {
        Happen(t => new RunArrived(t, 1, new RunId("r"), 0));
        var ticket = Begin(stage: 0, node: 1);
        Happen(t => new AttemptSampled(t, ticket, new Resources(1500, 700)));
        Happen(t => new AttemptSampled(t, ticket, new Resources(900, 900)));
        foreach (var profile in new[] { Stage(0).Profile, Stage(0).Profiles.Of("quick"), _gathered[(Stage(0).Id, "quick")] })
        {
            Assert.Equal(new Resources(1500, 900), profile.Largest);
            Assert.Equal(0, profile.Attempts);
            Assert.True(profile.MemoryPeakBytes.IsEmpty);
        }

        End(ticket, seconds: 5, memory: 900);
        Assert.Equal(new Resources(1500, 900), Stage(0).Profile.Largest);
        Assert.Equal(1, Stage(0).Profile.MemoryPeakBytes.Count);
        Happen(t => new AttemptSampled(t, ticket, new Resources(9999, 9999)));
        Assert.Equal(900, Stage(0).Profile.LargestMemoryBytes);
    }

    [Fact]
    public void The_stage_that_is_waited_for_last_is_known_with_how_long_it_alone_held_up()
    {
        Happen(t => new RunArrived(t, 1, new RunId("r"), 0));
        Run(stage: 0, node: 0, seconds: 4);
        Happen(t => new StageSettled(t, 1, 0));
        _now += TimeSpan.FromSeconds(3);
        Happen(t => new StageSettled(t, 1, 1));
        _now += TimeSpan.FromSeconds(1);
        Begin(stage: 2, node: 0, tasks: 5);

        var (needed, waits) = Assert.Single(Stage(2).Profile.Dependencies);
        Assert.Equal("right", needed);
        Assert.Equal(1, waits.Count);
        Assert.Equal(3, waits.AloneSeconds.Mean, 1e-9);
        Assert.Equal(5, Stage(2).Profile.FanOut.Mean);
        Assert.Equal("right", Assert.Single(_gathered[(Stage(2).Id, "")].Dependencies).Key);
        Assert.Equal(5, _gathered[(Stage(2).Id, "")].FanOut.Mean);
        Assert.Empty(Stage(0).Profile.Dependencies);
    }

    [Fact]
    public void A_run_taken_up_again_teaches_nothing_about_waits_it_has_not_seen()
    {
        Happen(t => new RunArrived(t, 1, new RunId("r"), 0, Recovered: true));
        Happen(t => new StageSettled(t, 1, 0));
        Happen(t => new StageSettled(t, 1, 1));
        Begin(stage: 2, node: 0);
        Assert.Empty(Stage(2).Profile.Dependencies);
    }

    [Fact]
    public void Start_up_and_queue_of_an_attempt_are_learnt()
    {
        Happen(t => new RunArrived(t, 1, new RunId("r"), 0));
        var ticket = Begin(stage: 0, node: 0, queueSeconds: 2);
        End(ticket, seconds: 5, memory: 1, startUp: TimeSpan.FromMilliseconds(30));
        Assert.Equal(2, Stage(0).Profile.QueueSeconds.Mean, 1e-9);
        Assert.Equal(0.03, Stage(0).Profile.StartUpSeconds.Mean, 1e-9);
    }

    private void Run(int stage, int node, double seconds) => End(Begin(stage, node), seconds, memory: 1000);

    private long Begin(int stage, int node, int tasks = 1, double queueSeconds = 0)
    {
        var ticket = ++_ticket;
        Happen(t => new TasksReady(t, 1, stage, ticket, (int)ticket, 1, tasks));
        _now += TimeSpan.FromSeconds(queueSeconds);
        Happen(t => new TimePassed(t));
        _pool.Snapshot.Dispatch(ticket, node, -1, new Resources(100, 1000));
        return ticket;
    }

    private void End(long ticket, double seconds, long memory, TimeSpan? startUp = null)
    {
        _now += TimeSpan.FromSeconds(seconds);
        Happen(t => new AttemptEnded(t, ticket, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromSeconds(seconds), MemoryPeakBytes = memory }, startUp));
    }

    private void Happen(Func<Instant, JournalEvent> happened) => _pool.Apply(happened(_now));
}
