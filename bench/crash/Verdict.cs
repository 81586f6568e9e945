using System.Text.Json;
using System.Text.Json.Serialization;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;

namespace Foreflow.Bench.Crash;

/// <summary>What came of it.</summary>
/// <param name="Kills">Processes killed.</param>
/// <param name="Accepted">Runs that the store has or that a stage has seen.</param>
/// <param name="Finished">Of those, how many succeeded.</param>
/// <param name="Lost">The others.</param>
/// <param name="DoubleCommits">Tasks with more or fewer than one result, or whose followers saw another result than the one committed.</param>
/// <param name="Overlaps">Attempts that met another attempt of their task.</param>
public sealed record Verdict(int Kills, int Accepted, int Finished, int Lost, int DoubleCommits, int Overlaps)
{
    /// <summary>What is wrong, for people.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>True when nothing is wrong.</summary>
    [JsonIgnore]
    public bool IsClean => Lost == 0 && DoubleCommits == 0 && Overlaps == 0 && Accepted > 0;

    /// <summary>The last line of the bench.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>Looks at the store and at the ledger.</summary>
    public static async Task<Verdict> OfAsync(IStorage store, StageLedger ledger, int kills)
    {
        var faults = new List<string>();
        var lines = ledger.Lines().ToList();
        var accepted = lines.Select(line => line[1]).ToHashSet(StringComparer.Ordinal);
        RunCursor? cursor = null;
        do
        {
            var page = await store.Runs.ListAsync(new RunQuery { Limit = StorageLimits.PageSize, After = cursor });
            accepted.UnionWith(page.Runs.Select(run => run.Id.Value));
            cursor = page.Next;
        }
        while (cursor is not null);

        var (finished, doubles) = (0, 0);
        foreach (var id in accepted.Order(StringComparer.Ordinal))
        {
            var summary = await store.Runs.FindAsync(new RunId(id));
            if (summary?.Status == RunStatus.Succeeded) finished++;
            else faults.Add($"run {id} is {summary?.Status.ToString() ?? "not in the store"}: {summary?.Message}");
            var results = (await store.Runs.ReadAsync(new RunId(id))).Select(RunJson.Read).OfType<AttemptFinished>()
                .Where(e => e.Cause == AttemptCause.Succeeded).ToLookup(e => (e.Stage, e.Task), e => e.Attempt);
            doubles += Doubles(id, results, lines, faults);
        }

        foreach (var line in lines.Where(line => line[0] == "overlap")) faults.Add(string.Join(' ', line));
        return new Verdict(kills, accepted.Count, finished, accepted.Count - finished, doubles, lines.Count(line => line[0] == "overlap")) { Faults = faults };
    }

    private static int Doubles(string run, ILookup<(int Stage, int Task), int> results, List<string[]> lines, List<string> faults)
    {
        var count = 0;
        foreach (var (stage, task) in new[] { (0, 0), (1, 0), (2, 0), (2, 1), (3, 0), (4, 0) })
        {
            var attempts = results[(stage, task)].ToList();
            if (attempts.Count != 1)
            {
                count++;
                faults.Add($"run {run} has {attempts.Count} results of task {task} of stage {stage}");
                continue;
            }

            // A stage is told the committed attempt of the one before it, as JSON; of two tasks as a list.
            string[] stages = ["one", "two", "three", "four", "five"];
            var expected = stage == 0 ? "-" : stage == 3 ? $"[{string.Join(",", results[(2, 0)].Concat(results[(2, 1)]))}]" : $"{results[(stage - 1, 0)].First()}";
            var other = lines.FirstOrDefault(line => line[0] == "start" && line[1] == run && line[2] == stages[stage] && line.Length > 6 && line[6] != expected);
            if (other is null) continue;
            count++;
            faults.Add($"run {run}: stage {stages[stage]} was told {other[6]}, committed was {expected}");
        }

        return count;
    }
}
