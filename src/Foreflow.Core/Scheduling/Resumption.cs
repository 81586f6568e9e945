using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Lets paused attempts go on: once nothing more urgent takes their processors, and before other preemptible work starts.
/// One that has stood still for longer than its patience, all pauses together, goes before all others, is kept room for, and is not paused again:
/// a flood of urgent work cannot hold it up for ever.
/// </summary>
internal static class Resumption
{
    /// <summary>Whether an attempt has stood still for longer than its patience, all pauses together.</summary>
    public static bool IsOverdue(ClusterSnapshot snapshot, TaskEntry paused) =>
        paused.PausedFor + (snapshot.Now - paused.PausedAt) > LongestWaiting.Patience(snapshot.Stages[paused.Stage].Priority, paused.Attempt);

    /// <summary>Resumes the attempts whose node has room for them again, those paused first before others.</summary>
    /// <param name="overdue">True for those that have stood still too long, false for the others.</param>
    /// <param name="longest">Keeps room for those that have stood still too long.</param>
    public static void Resume(ClusterSnapshot snapshot, LedgerDraft draft, bool overdue, LongestWaiting longest)
    {
        foreach (var entry in snapshot.Paused)
        {
            if (IsOverdue(snapshot, entry) != overdue || !snapshot.Nodes[entry.Node].Alive) continue;
            var id = ClaimNames.Attempt(entry.Ticket);
            // Stopped, or resumed, by this very plan.
            if (!draft.Ledger.TryGet(id, out var claim) || claim.Amount != entry.Held) continue;
            var more = entry.Granted - entry.Held;
            if (!draft.Ledger.FitsNow(entry.Node, more, ClaimKind.Preemptible, Instant.Never))
            {
                if (overdue) longest.Keep(snapshot, entry, more, draft.Ledger);
                continue;
            }

            draft.Release(id, "goes on");
            var until = snapshot.Now + NodeClaims.ExpectedDuration(snapshot.Stages[entry.Stage]);
            var value = overdue ? double.PositiveInfinity : claim.Value;
            draft.TryReserve(Claim.Preemptible(id, entry.Node, entry.Granted, snapshot.Now, until, value, entry.Stage), ReasonOf(snapshot, entry, overdue));
        }
    }

    private static string ReasonOf(ClusterSnapshot snapshot, TaskEntry entry, bool overdue)
    {
        var cores = (entry.Granted - entry.Held).CpuCores;
        var seconds = (snapshot.Now - entry.PausedAt).TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"{cores:0.##} cores are free again after {seconds:0.#} s{(overdue ? ", and it has stood still for too long" : "")}");
    }
}
