using System.Text;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Tests.Conformance;

/// <summary>Short ways to make what tests store.</summary>
internal static class Samples
{
    public static readonly Instant Start = Instant.FromUnixSeconds(1_800_000_000);

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public static Instant At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    public static RunSummary Run(
        string id, RunStatus status = RunStatus.Queued, string workflow = "nightly", double created = 0, double ended = 0, string? owner = null) => new()
    {
        Id = new RunId(id),
        Workflow = workflow,
        WorkflowVersion = "v1",
        Status = status,
        CreatedAt = At(created),
        EndedAt = status.IsOpen() ? null : At(ended),
        Owner = owner is null ? null : new OwnerId(owner),
    };

    /// <summary>Accepts a run with one event.</summary>
    public static ValueTask AddAsync(this IRunStore runs, RunSummary run) => runs.AppendAsync(new RunAppend(run.Id, 0, [Bytes("accepted")], run));

    public static ValueTask AppendAsync(this IRunStore runs, string id, int next, params string[] events) =>
        runs.AppendAsync(new RunAppend(new RunId(id), next, [.. events.Select(Bytes)]));

    public static async Task<string[]> TextsAsync(this IRunStore runs, string id, int from = 0, int limit = int.MaxValue) =>
        [.. (await runs.ReadAsync(new RunId(id), from, limit)).Select(Text)];

    public static async Task<string[]> IdsAsync(this IRunStore runs, RunQuery query) => [.. (await runs.ListAsync(query)).Runs.Select(run => run.Id.Value)];

    public static JournalRecord Record(long sequence, string payload, double at = 0, string? subject = null, int kind = 1) =>
        new(sequence, At(at), kind, subject, Bytes(payload));
}
