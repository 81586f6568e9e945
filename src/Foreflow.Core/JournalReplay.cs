using System.Text;
using System.Text.Json;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core;

/// <summary>What a replay found.</summary>
/// <param name="Events">Events folded.</param>
/// <param name="Plans">Plans made anew and compared.</param>
/// <param name="Mismatch">The first plan that differs, as it was and as it came out now; null when all are the same.</param>
public sealed record ReplayReport(long Events, long Plans, (string Was, string Now)? Mismatch);

/// <summary>
/// Folds a journal again and makes every plan anew at the moment it was made: the promise that the same events give the
/// same plans, byte for byte.
/// </summary>
public static class JournalReplay
{
    /// <summary>Replays lines of a journal on a pool; stops at the first plan that differs.</summary>
    /// <param name="lines">Lines in the order they were written, each an event or a plan.</param>
    /// <param name="pool">The pool as it was before the first line.</param>
    /// <param name="policies">The policies that decided.</param>
    /// <param name="outcomes">Told what happens, over the same pool; null where nobody asks what became of the decisions.</param>
    /// <exception cref="JsonException">A line is neither an event nor a plan.</exception>
    public static ReplayReport Run(IEnumerable<string> lines, PoolState pool, PolicySet policies, OutcomeBook? outcomes = null)
    {
        long events = 0;
        long plans = 0;
        foreach (var line in lines)
        {
            if (!IsPlan(line))
            {
                var happened = JsonSerializer.Deserialize(line, JournalJson.Default.JournalEvent) ?? throw new JsonException("an event of the journal is null");
                pool.Apply(happened);
                outcomes?.Applied(happened);
                events++;
                continue;
            }

            var was = JsonSerializer.Deserialize(line, PlanJson.Default.PlanDocument) ?? throw new JsonException("a plan of the journal is null");
            var plan = was.Full ? ControlCycle.Decide(pool, policies) : ControlCycle.Schedule(pool, policies);
            var now = Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(
                PlanDocument.Of(plan, pool.Snapshot, withDemand: !was.Demand.IsEmpty), PlanJson.Default.PlanDocument));
            plans++;
            if (now != line) return new ReplayReport(events, plans, (line, now));
            pool.Carry(plan);
            outcomes?.Carried(plan);
        }

        return new ReplayReport(events, plans, null);
    }

    private static bool IsPlan(string line) => line.StartsWith("{\"e\":\"plan\"", StringComparison.Ordinal);
}
