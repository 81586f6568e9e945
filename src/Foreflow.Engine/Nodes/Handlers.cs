using System.Collections.Concurrent;
using Foreflow.Core.Model;

namespace Foreflow.Engine.Nodes;

/// <summary>What a handler is given.</summary>
/// <param name="Run">The run.</param>
/// <param name="Stage">Name of the stage.</param>
/// <param name="Task">Index of the task.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="InputJson">The task's input.</param>
public readonly record struct HandlerContext(RunId Run, string Stage, int Task, int Attempt, string InputJson)
{
    /// <summary>The same for every attempt of the task: pass it on to whatever must not be done twice.</summary>
    public string IdempotencyKey => $"{Run}/{Stage}/{Task}";
}

/// <summary>A stage written in C#: takes a task, returns its output as JSON, or null for none. An exception fails the attempt.</summary>
public delegate ValueTask<string?> StageHandler(HandlerContext context, CancellationToken cancel);

/// <summary>The handlers of this host by name.</summary>
public sealed class HandlerRegistry
{
    private readonly ConcurrentDictionary<string, StageHandler> _handlers = new(StringComparer.Ordinal);

    /// <summary>Registers a handler; a second one of the same name takes the place of the first.</summary>
    public HandlerRegistry Add(string name, StageHandler handler)
    {
        _handlers[name] = handler;
        return this;
    }

    /// <summary>A handler; null where there is none of that name.</summary>
    public StageHandler? Find(string name) => _handlers.GetValueOrDefault(name);

    /// <summary>Names of the handlers, sorted.</summary>
    public IReadOnlyList<string> Names => [.. _handlers.Keys.Order(StringComparer.Ordinal)];
}
