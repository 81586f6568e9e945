namespace Foreflow.Shell.Tests.World;

/// <summary>
/// The one thread of a simulated world: what is ready runs one piece at a time, and the seed chooses whose piece is next.
/// Pieces of one lane keep their order; between lanes any order may come.
/// </summary>
internal sealed class Turns(Random chance)
{
    private readonly List<Lane> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <summary>How many pieces have run: an instant to crash at.</summary>
    public long Count { get; private set; }

    /// <summary>A fingerprint of which lane ran when: equal seeds give equal ones.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>True when something ran outside of this thread: then nothing here can be replayed.</summary>
    public bool Escaped { get; private set; }

    public Lane NewLane(string name, Func<bool> dead) => new(this, name, dead);

    /// <summary>Runs one piece; false when none is ready.</summary>
    public bool RunOne()
    {
        while (_ready.Count > 0)
        {
            var at = _ready.Count == 1 ? 0 : chance.Next(_ready.Count);
            var lane = _ready[at];
            if (!lane.TryTake(out var task))
            {
                _ready[at] = _ready[^1];
                _ready.RemoveAt(_ready.Count - 1);
                continue;
            }

            Count++;
            Trace = (Trace ^ lane.Number) * 1099511628211;
            lane.Run(task);
            return true;
        }

        return false;
    }

    private ulong _lanes;

    /// <summary>An activation, or a process's own thread.</summary>
    internal sealed class Lane(Turns turns, string name, Func<bool> dead) : TaskScheduler
    {
        private readonly Queue<Task> _queue = [];

        public ulong Number { get; } = ++turns._lanes;

        public override string ToString() => name;

        public bool TryTake(out Task task)
        {
            if (dead()) _queue.Clear();
            return _queue.TryDequeue(out task!);
        }

        public void Run(Task task) => TryExecuteTask(task);

        /// <summary>Starts work here.</summary>
        public Task Begin(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

        protected override void QueueTask(Task task)
        {
            // The garbage of the dead may still stir: a periodic timer ends its wait when it is finalized, on the finalizer's thread.
            if (dead()) return;
            if (Environment.CurrentManagedThreadId != turns._thread)
            {
                turns.Escaped = true;
                return;
            }

            if (_queue.Count == 0 && !turns._ready.Contains(this)) turns._ready.Add(this);
            _queue.Enqueue(task);
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => _queue;
    }
}
