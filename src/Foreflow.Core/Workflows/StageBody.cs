using System.Collections.Immutable;

namespace Foreflow.Core.Workflows;

/// <summary>What a stage does.</summary>
public abstract record StageBody
{
    private protected StageBody()
    {
    }
}

/// <summary>One process an attempt.</summary>
/// <param name="Script">Text for <c>/bin/sh</c>. Never templated: values arrive as environment variables.</param>
public sealed record RunBody(string Script) : StageBody;

/// <summary>A long-lived process that serves many tasks.</summary>
/// <param name="Command">Program and arguments; at least the program. Never templated, no shell in between.</param>
/// <param name="Protocol">How it takes tasks.</param>
/// <param name="Concurrency">How many tasks one replica takes at a time; at least 1.</param>
public sealed record WorkerBody(ImmutableArray<string> Command, WorkerProtocol Protocol, int Concurrency) : StageBody
{
    /// <summary>The same command, protocol and concurrency.</summary>
    public bool Equals(WorkerBody? other) =>
        other is not null && Protocol == other.Protocol && Concurrency == other.Concurrency && Command.SequenceEqual(other.Command);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Command.Length, Command.FirstOrDefault(), Protocol, Concurrency);
}

/// <summary>A class of the host, called in its process.</summary>
/// <param name="Name">The name it is registered under.</param>
public sealed record HandlerBody(string Name) : StageBody;

/// <summary>Stands in while a stage does not say what it does; no finished definition has one.</summary>
/// <param name="IsReported">True when what is wrong has been said already.</param>
internal sealed record NoBody(bool IsReported) : StageBody;

/// <summary>How a worker takes tasks.</summary>
public enum WorkerProtocol
{
    /// <summary><c>PORT</c> is given; <c>GET /healthz</c> says it is ready, <c>POST /</c> takes a task as JSON and answers its output.</summary>
    Http,

    /// <summary>One JSON document a line: tasks on standard input, answers on standard output.</summary>
    JsonLines,
}
