using Foreflow.Core.Model;

namespace Foreflow.Shell.Tests.World;

/// <summary>What runs on the simulated machine: it outlives the engine that started it, until somebody ends it.</summary>
internal sealed class Machine(SimulatedClock clock)
{
    private readonly List<Work> _alive = [];
    private readonly List<Execution> _executions = [];

    /// <summary>Everything that ever worked on a task, in order of its start.</summary>
    public IReadOnlyList<Execution> Executions => _executions;

    public IEnumerable<Work> LeftBy(Func<string, bool> engine) => _alive.Where(w => engine(w.Engine)).ToList();

    public IEnumerable<string> Engines => _alive.Select(w => w.Engine).Distinct().ToList();

    public Work Start(string engine)
    {
        var work = HandlersOf(engine);
        _alive.Add(work);
        return work;
    }

    /// <summary>What works within the engine itself: nobody finds it left over.</summary>
    public Work HandlersOf(string engine) => new(this, engine);

    /// <summary>A process, or the handlers of one: what it does ends with it.</summary>
    internal sealed class Work(Machine machine, string engine)
    {
        private readonly List<Execution> _running = [];

        public string Engine => engine;

        public bool Ended { get; private set; }

        public event Action? Died;

        public Execution Begin(AttemptId attempt)
        {
            var execution = new Execution(attempt, machine.Now, engine);
            machine._executions.Add(execution);
            _running.Add(execution);
            return execution;
        }

        public void Finish(Execution execution)
        {
            if (_running.Remove(execution)) execution.EndedAt = machine.Now;
        }

        public void End()
        {
            if (Ended) return;
            Ended = true;
            foreach (var execution in _running.ToArray()) Finish(execution);
            machine._alive.Remove(this);
            Died?.Invoke();
        }
    }

    private TimeSpan Now => clock.Elapsed;
}

/// <summary>Somebody worked on an attempt from one time to another.</summary>
internal sealed class Execution(AttemptId attempt, TimeSpan startedAt, string engine)
{
    public AttemptId Attempt => attempt;

    public string Engine => engine;

    public TimeSpan StartedAt => startedAt;

    public TimeSpan? EndedAt { get; set; }

    public override string ToString() => $"{attempt} by {engine} {startedAt.TotalSeconds:0.000}-{EndedAt?.TotalSeconds:0.000}";
}
