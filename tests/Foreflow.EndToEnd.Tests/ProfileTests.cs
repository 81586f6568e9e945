using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Foreflow.Core.Profiling;
using Foreflow.Storage.Sqlite;

namespace Foreflow.EndToEnd.Tests;

/// <summary>What is learnt from runs is on disk within a second, and stays there whatever is killed.</summary>
public class ProfileTests
{
    /// <summary>Ten times what it is allowed to take: other tests share the machine.</summary>
    private static readonly TimeSpan TimeToDisk = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The second stage holds 60 MB in the shell itself and goes on until it is let go.</summary>
    private const string Two = """
        name: two
        inputs: { folder: { type: string } }
        stages:
          quick:
            foreach: "${{ range(0, 6) }}"
            run: "true"
          holds:
            needs: [ quick ]
            env: { FOLDER: "${{ inputs.folder }}" }
            run: |
              text=$(head -c 60000000 /dev/zero | tr '\0' a)
              echo ${#text} > "$FOLDER/held.$FOREFLOW_ATTEMPT"
              while [ ! -e "$FOLDER/go" ]; do sleep 0.05; done
        """;

    [Fact]
    public async Task A_killed_engine_loses_neither_what_ended_nor_the_peaks_of_what_ran()
    {
        using var cli = new Cli();
        cli.Write("two.yaml", Two);
        using (var engine = cli.Start("run", "two.yaml", "-i", $"folder={cli.Folder}"))
        {
            await Until(() => Task.FromResult(File.Exists(Path.Combine(cli.Folder, "held.1"))), Patience, engine, "the second stage does not hold its memory");
            await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = Path.Combine(cli.Folder, "data") });
            await Until(async () => (await Stored(storage, "quick")).Attempts == 6 && (await Stored(storage, "holds")).LargestMemoryBytes >= 60_000_000, TimeToDisk, engine, "what is known is not on disk");
            engine.Kill();
            await engine.WaitForExitAsync();
        }

        var (quick, holds) = (await Shown(cli, "quick"), await Shown(cli, "holds"));
        Assert.Equal(6, quick.GetProperty("attempts").GetInt32());
        Assert.Equal(6, quick.GetProperty("measures").GetProperty("fanOut").GetProperty("mean").GetDouble());
        Assert.Equal(6, quick.GetProperty("measures").GetProperty("startUpSeconds").GetProperty("count").GetInt32());
        Assert.Equal(0, holds.GetProperty("attempts").GetInt32());
        Assert.InRange(holds.GetProperty("largest").GetProperty("memoryBytes").GetInt64(), 60_000_000, 600_000_000);
        Assert.Equal(1, holds.GetProperty("waitsFor").GetProperty("quick").GetProperty("count").GetInt32());

        File.WriteAllText(Path.Combine(cli.Folder, "go"), "");
        var resumed = await cli.Run("runs", "resume", "--output", "json");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        holds = await Shown(cli, "holds");
        Assert.Equal(1, holds.GetProperty("attempts").GetInt32());
        Assert.Equal(1, holds.GetProperty("measures").GetProperty("memoryPeakBytes").GetProperty("count").GetInt32());
        Assert.Equal(6, (await Shown(cli, "quick")).GetProperty("attempts").GetInt32());
    }

    private static async Task<JsonElement> Shown(Cli cli, string stage)
    {
        var answer = await cli.Run("profile", "two", stage, "--output", "json");
        Assert.True(answer.ExitCode == 0, answer.Error);
        return Assert.Single(answer.Json.EnumerateArray().ToList());
    }

    /// <summary>What is on disk of a stage, on whatever nodes.</summary>
    private static async Task<StageProfile> Stored(SqliteStorage storage, string stage)
    {
        var all = new StageProfile();
        foreach (var stored in await storage.Profiles.LoadAsync())
            if (stored.Key.Stage == stage) all.Merge(StageProfile.FromBytes(stored.Payload.Span));
        return all;
    }

    private static async Task Until(Func<Task<bool>> isSo, TimeSpan atMost, Process engine, string otherwise)
    {
        for (var clock = Stopwatch.StartNew(); !await isSo(); await Task.Delay(20))
            Assert.True(clock.Elapsed < atMost && !engine.HasExited, string.Create(CultureInfo.InvariantCulture, $"{otherwise} after {clock.Elapsed.TotalSeconds:0.0} s"));
    }
}
