using System.Diagnostics;
using System.Globalization;

namespace Foreflow.Bench.Crash;

/// <summary>
/// The file that stages append to: a line when an attempt starts, one when it ends, and one when it meets another attempt of
/// its task, found by a lock that the kernel holds while any process of an attempt lives.
/// </summary>
public sealed class StageLedger
{
    private const string Script = """
              exec 9> "$LEDGER/lock.$FOREFLOW_RUN_ID.$FOREFLOW_STAGE.$FOREFLOW_TASK"
              flock -n 9 || echo "overlap $FOREFLOW_RUN_ID $FOREFLOW_STAGE $FOREFLOW_TASK $FOREFLOW_ATTEMPT $$" >> "$LEDGER/lines"
              echo "start $FOREFLOW_RUN_ID $FOREFLOW_STAGE $FOREFLOW_TASK $FOREFLOW_ATTEMPT $$ ${BEFORE:--}" >> "$LEDGER/lines"
              sleep 0.15
              printf '{"by":%s}' "$FOREFLOW_ATTEMPT" > "$FOREFLOW_OUTPUT"
              echo "end $FOREFLOW_RUN_ID $FOREFLOW_STAGE $FOREFLOW_TASK $FOREFLOW_ATTEMPT $$" >> "$LEDGER/lines"
        """;

    /// <summary>A ledger in a folder, which is made.</summary>
    public StageLedger(string folder) => Folder = Directory.CreateDirectory(folder).FullName;

    /// <summary>Five stages, the third of two tasks. Each tells which attempt of the one before it has the result.</summary>
    public static string Workflow { get; } =
        "name: chaos\ninputs: { ledger: { type: string } }\nstages:\n" + string.Concat(
        Stage("one", null, null), Stage("two", "one", null), Stage("three", "two", "[ 1, 2 ]"), Stage("four", "three", null), Stage("five", "four", null));

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>Its lines, each as words: what, run, stage, task, attempt, process and, of a start, the attempt before it.</summary>
    public IEnumerable<string[]> Lines()
    {
        var file = Path.Combine(Folder, "lines");
        if (!File.Exists(file)) return [];
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n').Select(line => line.Split(' ')).Where(words => words.Length >= 6)];
    }

    /// <summary>Kills one of the attempts that run now; false where none does.</summary>
    public bool KillOne(Random random)
    {
        var running = new HashSet<(string Run, string Process)>();
        foreach (var words in Lines())
        {
            if (words[0] == "start") running.Add((words[1], words[5]));
            else if (words[0] == "end") running.Remove((words[1], words[5]));
        }

        var alive = running.Where(r => IsAttempt(r.Run, r.Process)).OrderBy(r => r.Process, StringComparer.Ordinal).ToList();
        if (alive.Count == 0) return false;
        try
        {
            using var process = Process.GetProcessById(int.Parse(alive[random.Next(alive.Count)].Process, CultureInfo.InvariantCulture));
            process.Kill();
            return true;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Numbers of processes are used again: only one that was started for the run is meant.</summary>
    private static bool IsAttempt(string run, string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/environ").Split('\0').Contains($"FOREFLOW_RUN_ID={run}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Stage(string name, string? needs, string? each) =>
        $$$"""
          {{{name}}}:
            {{{(needs is null ? "" : $"needs: [ {needs} ]\n    ")}}}{{{(each is null ? "" : $"foreach: {each}\n    ")}}}env: { LEDGER: "${{ inputs.ledger }}"{{{(needs is null ? "" : $", BEFORE: \"${{{{ stages.{needs}.outputs.by }}}}\"")}}} }
            outputs: [ by ]
            resources: { cpu: 100m, memory: 32Mi }
            retries: { max: 100, backoff: 10ms }
            run: |
        {{{Script}}}

        """;
}
