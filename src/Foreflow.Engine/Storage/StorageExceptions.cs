namespace Foreflow.Engine.Storage;

/// <summary>The store could not do what was asked. The message is for people and names the way out.</summary>
public class StorageException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>There is no room, or the disk refuses to write. What was stored before is unharmed; the store recovers by itself when there is room again.</summary>
public sealed class StorageFullException(string message, Exception? inner = null) : StorageException(message, inner);

/// <summary>The store cannot be reached, or others hold it for too long.</summary>
public sealed class StorageUnavailableException(string message, bool outcomeUnknown = false, Exception? inner = null)
    : StorageException(message, inner)
{
    /// <summary>True when the write may have been stored all the same: read before trying again. False when surely nothing was stored.</summary>
    public bool OutcomeUnknown { get; } = outcomeUnknown;
}

/// <summary>A run or journal has other events than the writer believes: somebody else writes it. Read it again, or let go of it.</summary>
public sealed class StreamConflictException(string stream, long nextSequence)
    : StorageException($"'{stream}' does not end before sequence {nextSequence}: somebody else has written it")
{
    /// <summary>The run or pool.</summary>
    public string Stream { get; } = stream;

    /// <summary>The sequence the writer wanted to write first.</summary>
    public long NextSequence { get; } = nextSequence;
}

/// <summary>Another process holds this owner id.</summary>
public sealed class OwnerTakenException(OwnerId owner)
    : StorageException($"another process already runs as '{owner}' on this store")
{
    /// <summary>The id.</summary>
    public OwnerId Owner { get; } = owner;
}

/// <summary>The store was written by a newer Foreflow.</summary>
public sealed class SchemaTooNewException(string where, string found, string known)
    : StorageException($"{where} was written by a newer Foreflow (schema {found}, this one knows up to {known}): update Foreflow, or use another place");
