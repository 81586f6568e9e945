using System.Buffers;
using System.Text;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Writing;

/// <summary>Refuses what must not reach the writer: there, one bad append would cost its whole group a second try.</summary>
internal static class AppendRules
{
    private static readonly SearchValues<char> OwnerCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static PendingRunAppend Check(in RunAppend append)
    {
        CheckName(append.Run.Value, "a run's id");
        ArgumentOutOfRangeException.ThrowIfNegative(append.NextSequence);
        var (events, summary) = (append.Events, append.Summary);
        if (events is null || events.Count == 0) throw new ArgumentException($"run '{append.Run}': an append needs at least one event");
        if (append.NextSequence > StorageLimits.EventsPerRun - events.Count)
            throw new ArgumentException($"run '{append.Run}' has reached {StorageLimits.EventsPerRun:N0} events, the most a run may have");
        if (summary is null && append.NextSequence == 0)
            throw new ArgumentException($"run '{append.Run}': the first event needs the run's summary");
        if (summary is not null) Check(summary, append);
        var bytes = 0L;
        for (var i = 0; i < events.Count; i++) bytes += CheckPayload(events[i], "an event");
        return PendingRunAppend.Rent(append, bytes);
    }

    public static PendingJournalAppend Check(string pool, IReadOnlyList<JournalRecord> records)
    {
        CheckName(pool, "a pool's name");
        if (records is null || records.Count == 0) throw new ArgumentException($"pool '{pool}': an append needs at least one record");
        ArgumentOutOfRangeException.ThrowIfNegative(records[0].Sequence);
        var bytes = 0L;
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            if (record.Sequence != records[0].Sequence + i)
                throw new ArgumentException($"pool '{pool}': record {record.Sequence} does not follow the one before");
            if (record.Subject is not null) CheckName(record.Subject, "a subject");
            bytes += CheckPayload(record.Payload, "a record");
        }

        return PendingJournalAppend.Rent(pool, records, bytes);
    }

    public static void CheckName(string? name, string what)
    {
        if (string.IsNullOrEmpty(name)) throw new ArgumentException($"{what} must not be empty");
        if (name.Length > StorageLimits.NameLength)
            throw new ArgumentException($"{what} has {name.Length:N0} characters; at most {StorageLimits.NameLength} are kept: '{name[..40]}…'");
        CheckText(name, what);
    }

    /// <summary>What PostgreSQL cannot keep is refused by all.</summary>
    public static void CheckText(string text, string what)
    {
        if (text.Contains('\0')) throw new ArgumentException($"{what} must not hold the character NUL");
        if (Ascii.IsValid(text)) return;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != OperationStatus.Done)
                throw new ArgumentException($"{what} holds half of a surrogate pair: '{text[..Math.Min(40, text.Length)]}'");
            rest = rest[length..];
        }
    }

    /// <summary>An owner's id may become a file's name.</summary>
    public static void CheckOwner(OwnerId owner)
    {
        if (owner.Value is not { Length: >= 1 and <= 200 } text || text.AsSpan().ContainsAnyExcept(OwnerCharacters) || text[0] == '.')
            throw new ArgumentException($"'{owner}' cannot be an owner's id: 1 to 200 characters of A-Z a-z 0-9 . _ -, not starting with a dot");
    }

    public static int CheckPayload(ReadOnlyMemory<byte> payload, string what) => payload.Length <= StorageLimits.PayloadBytes
        ? payload.Length
        : throw new ArgumentException($"{what} of {payload.Length:N0} bytes is larger than {StorageLimits.PayloadBytes:N0}, the most that is kept");

    private static void Check(RunSummary summary, in RunAppend append)
    {
        if (summary.Id != append.Run) throw new ArgumentException($"run '{append.Run}': the summary is of run '{summary.Id}'");
        CheckName(summary.Workflow, "a workflow's name");
        CheckName(summary.WorkflowVersion, "a workflow's version");
        if (!Enum.IsDefined(summary.Status)) throw new ArgumentException($"run '{append.Run}': no such status: {summary.Status}");
        if (summary.Status.IsOpen() != summary.EndedAt is null)
            throw new ArgumentException($"run '{append.Run}': a run has an end exactly when it is not open");
        if (summary.Owner is { } owner) CheckOwner(owner);
        if (summary.Message is { } message) CheckText(message, $"run '{append.Run}': the message");
    }
}
