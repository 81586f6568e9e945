namespace Foreflow.Engine.Execution.Workers;

/// <summary>What a worker made of a task.</summary>
internal enum AnswerKind
{
    /// <summary>It is done; the bytes are its output, empty for none.</summary>
    Output,

    /// <summary>It failed; the text says why.</summary>
    Error,

    /// <summary>It was not begun.</summary>
    Busy,

    /// <summary>It answered what no protocol allows; the text says what.</summary>
    Bad,

    /// <summary>There will be no answer: the connection broke or its output ended.</summary>
    Lost,
}

/// <summary>An answer to a task.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Text">Explanation, where there is something to explain.</param>
/// <param name="Output">Output, as it came.</param>
internal readonly record struct WorkerAnswer(AnswerKind Kind, string Text, ReadOnlyMemory<byte> Output = default)
{
    /// <summary>The most of an explanation that is kept: it goes into the run's history with every attempt.</summary>
    internal const int ShownCharacters = 4_000;

    /// <summary>The beginning of a worker's words.</summary>
    internal static string Shortened(string words) => words.Length <= ShownCharacters ? words : words[..ShownCharacters] + " …";
}

/// <summary>How one worker is spoken to.</summary>
internal interface IWorkerChannel : IDisposable
{
    /// <summary>Completes when the worker can take tasks.</summary>
    Task WaitUntilReadyAsync(CancellationToken stop);

    /// <summary>Gives it a task and waits for the answer.</summary>
    /// <param name="id">Names the task between us and the worker.</param>
    /// <param name="task">The task as one JSON object on one line.</param>
    /// <param name="abandon">When cancelled, nobody wants the answer any more.</param>
    Task<WorkerAnswer> AskAsync(string id, ReadOnlyMemory<byte> task, CancellationToken abandon);

    /// <summary>Tells it that a task is not wanted any more; true when it will answer if it heeds that.</summary>
    bool Withdraw(string id);

    /// <summary>Asks after its health: true well, false ill, null no answer in time.</summary>
    Task<bool?> IsHealthyAsync(TimeSpan patience);

    /// <summary>Tells it that no more tasks will come.</summary>
    void NoMore();
}
