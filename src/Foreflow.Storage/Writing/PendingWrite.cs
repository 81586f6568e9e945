using System.Threading.Tasks.Sources;

namespace Foreflow.Storage.Writing;

/// <summary>One write on its way to disk. The writer notes how it went and completes it once its group is committed.</summary>
internal abstract class PendingWrite
{
    /// <summary>Payload bytes, to bound a group by.</summary>
    public abstract long Bytes { get; }

    /// <summary>Rows it writes, to bound a group by.</summary>
    public abstract int Rows { get; }

    /// <summary>Why it was not stored; null when it was.</summary>
    public Exception? Error { get; set; }

    /// <summary>Lets the caller go on. Nothing of the write may be touched afterwards: it may be in use again.</summary>
    public abstract void Complete();
}

/// <summary>
/// An append that is awaited without allocating: the object is its own task and goes back to a pool when the caller has seen the outcome.
/// </summary>
internal abstract class PendingAppend : PendingWrite, IValueTaskSource
{
    // Continuations go to the thread pool: the writer must never run a caller's code.
    private ManualResetValueTaskSourceCore<bool> core = new() { RunContinuationsAsynchronously = true };

    public ValueTask Task => new(this, core.Version);

    /// <summary>Name of the run or pool it extends.</summary>
    public abstract string Stream { get; }

    public sealed override void Complete()
    {
        var error = Error;
        if (error is null) core.SetResult(true);
        else core.SetException(error);
    }

    public void GetResult(short token)
    {
        try
        {
            core.GetResult(token);
        }
        finally
        {
            core.Reset();
            Error = null;
            Recycle();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    /// <summary>Forgets what it carried and goes back to its pool.</summary>
    protected abstract void Recycle();
}
