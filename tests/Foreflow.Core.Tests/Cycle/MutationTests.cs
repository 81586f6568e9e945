using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>
/// Two hours of each of some loads, with one input changed half-way: no plan offends the checker, the level of replicas does not
/// flap, and the work is done. The figures are printed.
/// </summary>
public class MutationTests(ITestOutputHelper output)
{
    private const double Middle = 3600, End = 7200, Settled = 1200;

    public enum Load
    {
        Steady,
        Waves,
        TwoStages,
    }

    public enum Mutation
    {
        None,
        ReplicaLost,
        NodeLost,
        ForecastTenTimesTooHigh,
        ForecastTenTimesTooLow,
        ClockAnHourBack,
        ClockAnHourAhead,
    }

    public static TheoryData<Load, Mutation, ulong> Cases
    {
        get
        {
            var cases = new TheoryData<Load, Mutation, ulong>();
            foreach (var load in Enum.GetValues<Load>())
                foreach (var mutation in Enum.GetValues<Mutation>())
                    for (var seed = 1UL; seed <= 2; seed++) cases.Add(load, mutation, seed);
            return cases;
        }
    }

    /// <summary>
    /// Changes of level in the hour after the change, of 720 full cycles. What is lost takes no more than a few; a wrong forecast or
    /// clock takes the level up and down again, in steps as it is seen to pass. Waves move the level by themselves.
    /// </summary>
    private static int MostChangesPerHour(Load load, Mutation mutation) => mutation switch
    {
        Mutation.None or Mutation.ReplicaLost or Mutation.NodeLost => load switch { Load.Steady => 40, Load.TwoStages => 60, _ => 130 },
        _ => 160,
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_input_changed_leaves_plans_sound_and_levels_steady(Load load, Mutation mutation, ulong seed)
    {
        var line = new Line(load, mutation, seed);
        line.Run();
        output.WriteLine(FormattableString.Invariant(
            $"{load} {mutation} {seed}: {line.ChangesBefore / (Middle - Settled) * 3600:0} level changes an hour before, {line.ChangesAfter} in the hour after; {line.Late} of {line.Tasks} tasks late in the last half hour"));
        Assert.Empty(line.Faults);
        Assert.InRange(line.ChangesAfter, 0, MostChangesPerHour(load, mutation));
        Assert.InRange(line.Late, 0, line.Tasks / 10);
        Assert.True(line.Tasks > 500, $"{line.Tasks} tasks in the last half hour");
    }

    private sealed class Line(Load load, Mutation mutation, ulong seed)
    {
        private const int Nodes = 3;

        private readonly PoolState _pool = new(new ClusterSnapshot(new PoolSettings()));
        private readonly PriorityQueue<Action, (double At, long Order)> _due = new();
        private double _seconds;
        private long _order;
        private long _run;
        private long _ticket;

        public List<string> Faults { get; } = [];

        public int ChangesBefore { get; private set; }

        public int ChangesAfter { get; private set; }

        public long Late { get; private set; }

        public long Tasks { get; private set; }

        private int Worker => load == Load.TwoStages ? 1 : 0;

        private Instant Clock => Instant.FromUnixSeconds(1_000_000 + _seconds + (_seconds < Middle ? 0 : mutation switch
        {
            Mutation.ClockAnHourBack => -3600,
            Mutation.ClockAnHourAhead => 3600,
            _ => 0,
        }));

        public void Run()
        {
            for (var n = 0; n < Nodes; n++) _pool.Apply(new NodeJoined(Clock, n, new NodeId($"n{n}"), new Resources(16_000, 64L << 30)));
            var serve = new StageSpec
            {
                Name = "serve", Kind = StageKind.Worker, Request = new Resources(250, 1 << 20), StartUpSecondsPrior = 30, ExecutionSecondsPrior = 10, MaxReplicas = 100,
            };
            var split = new StageSpec { Name = "split", Request = new Resources(250, 1 << 20), ResourcesFixed = true, ExecutionSecondsPrior = 20, MaxReplicas = 100 };
            _pool.Apply(new WorkflowRegistered(Clock, 0, 0, new WorkflowSpec { Name = "w", Stages = load == Load.TwoStages ? [split, serve with { Needs = [0], FanOutPrior = 3 }] : [serve] }));
            In(1, Arrive);
            In(0, Tick);
            In(Middle, Mutate);
            In(End - 1800, () => (Late, Tasks) = (-Stage.WaitsMissed, -Stage.TasksStarted));
            while (_due.TryDequeue(out var action, out var key) && key.At < End)
            {
                _seconds = key.At;
                action();
                Step();
            }

            Late += Stage.WaitsMissed;
            Tasks += Stage.TasksStarted;
        }

        private StageState Stage => _pool.Snapshot.Stages[Worker];

        private void In(double seconds, Action action) => _due.Enqueue(action, (_seconds + seconds, _order++));

        private void Tick()
        {
            _pool.Apply(new TimePassed(Clock));
            In(5, Tick);
        }

        /// <summary>A run comes. Forecasts rest on the runs counted: nine more that come to nothing make them ten times too high, nine of ten not counted as new ten times too low.</summary>
        private void Arrive()
        {
            var run = ++_run;
            var wrong = _seconds is >= Middle and < Middle + 600;
            var uncounted = wrong && mutation == Mutation.ForecastTenTimesTooLow && run % 10 != 0;
            _pool.Apply(new RunArrived(Clock, run, new RunId($"r{run}"), 0, Recovered: uncounted));
            Ready(run, 0, 1);
            for (var i = 0; i < 9 && wrong && mutation == Mutation.ForecastTenTimesTooHigh; i++)
            {
                var nothing = ++_run;
                _pool.Apply(new RunArrived(Clock, nothing, new RunId($"r{nothing}"), 0));
                _pool.Apply(new RunEnded(Clock, nothing));
            }

            var rate = load switch
            {
                Load.Waves => 0.5 * (1 + (0.6 * Math.Sin(2 * Math.PI * _seconds / 1800))),
                Load.TwoStages => 0.15,
                _ => 0.5,
            };
            In(-Math.Log(1 - Draw.Uniform(seed, (ulong)run, 1)) / rate, Arrive);
        }

        private void Ready(long run, int stage, int tasks)
        {
            _pool.Apply(new TasksReady(Clock, run, stage, _ticket + 1, 0, tasks, tasks));
            _ticket += tasks;
        }

        private void Mutate()
        {
            if (mutation == Mutation.ReplicaLost) Lose(Stage.Replicas.Where(r => r.Phase == ReplicaPhase.Ready).Take(1));
            if (mutation != Mutation.NodeLost) return;
            _pool.Apply(new NodeLost(Clock, 0));
            foreach (var stage in _pool.Snapshot.Stages)
                foreach (var task in stage.InFlight.Where(t => t.Node == 0 && t.Replica < 0).ToArray()) Finish(task.Ticket, AttemptCause.NodeLost);
            Lose(Stage.Replicas.Where(r => r.Node == 0));
        }

        private void Lose(IEnumerable<ReplicaState> replicas)
        {
            foreach (var replica in replicas.ToArray())
            {
                foreach (var task in Stage.InFlight.Where(t => t.Replica == replica.Number).ToArray()) Finish(task.Ticket, AttemptCause.WorkerLost);
                _pool.Apply(new ReplicaEnded(Clock, replica.Number, AttemptCause.WorkerLost));
            }
        }

        private void Finish(long ticket, AttemptCause cause)
        {
            if (_pool.Snapshot.Task(ticket) is not { Running: true } task) return;
            _pool.Apply(new AttemptEnded(Clock, ticket, cause));
            if (cause != AttemptCause.Succeeded)
            {
                Ready(task.Run, task.Stage, 1);
                return;
            }

            if (_pool.Snapshot.Run(task.Run)!.Outstanding[task.Stage] > 0) return;
            _pool.Apply(new StageSettled(Clock, task.Run, task.Stage));
            if (task.Stage < Worker) Ready(task.Run, Worker, 3);
            else _pool.Apply(new RunEnded(Clock, task.Run));
        }

        private void Step()
        {
            var plan = ControlCycle.Next(_pool, PolicySet.Ahead);
            Faults.AddRange(PlanChecker.Check(_pool.Snapshot, plan));
            _pool.Carry(plan);
            if (_seconds >= Middle) ChangesAfter += plan.Replicas.Length;
            else if (_seconds >= Settled) ChangesBefore += plan.Replicas.Length;
            foreach (var work in plan.Work)
            {
                var mean = work.Replica < 0 ? 20 : 10;
                In(mean * (0.5 + Draw.Uniform(seed, (ulong)work.Ticket, 2)), () => Finish(work.Ticket, AttemptCause.Succeeded));
            }

            foreach (var start in plan.Replicas.SelectMany(r => r.Starts))
                In(30, () => { if (_pool.Snapshot.Replica(start.Replica) is not null) _pool.Apply(new ReplicaReady(Clock, start.Replica)); });
            foreach (var drain in plan.Replicas.SelectMany(r => r.Drains)) In(0, () => Stop(drain));
        }

        private void Stop(long replica)
        {
            if (_pool.Snapshot.Replica(replica) is not { } state) return;
            if (state.InFlight == 0) _pool.Apply(new ReplicaEnded(Clock, replica, AttemptCause.Succeeded));
            else In(5, () => Stop(replica));
        }
    }
}
