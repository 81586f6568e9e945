using System.Diagnostics;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;

namespace Foreflow.Storage.Tests.Sqlite;

public sealed class SqliteKillFacts : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("foreflow-kill-").FullName;

    [Fact]
    public async Task A_process_killed_while_writing_loses_nothing_it_was_told_is_stored_and_its_runs_are_claimed()
    {
        await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = folder });
        var next = new OwnerId("next");
        await storage.Ownership.AcquireAsync(next);
        for (var round = 0; round < 3; round++)
        {
            var owner = $"victim{round}";
            var acknowledged = await KillAfterAsync(owner, acknowledgements: 2_000 + (round * 777));
            Assert.False(await storage.Ownership.IsAliveAsync(new OwnerId(owner)));
            foreach (var (run, count) in acknowledged)
            {
                var events = await storage.Runs.ReadAsync(new RunId(run));
                // More may be stored than was told: the group whose acknowledgement never got out.
                Assert.InRange(events.Count, count, count + 1);
                Assert.Equal(Enumerable.Range(0, events.Count), events.Select(payload => BitConverter.ToInt32(payload.Span)));
                Assert.Equal(events.Count - 1, (await storage.Runs.FindAsync(new RunId(run)))!.TasksTotal);
            }

            Assert.Equal(acknowledged.Count, (await storage.Ownership.ClaimOpenRunsAsync(next)).Count);
        }
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<Dictionary<string, int>> KillAfterAsync(string owner, int acknowledgements)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Foreflow.Storage.Victim.dll");
        using var victim = Process.Start(new ProcessStartInfo("dotnet", [program, folder, owner]) { RedirectStandardOutput = true })!;
        var counts = new Dictionary<string, int>();
        for (var i = 0; await victim.StandardOutput.ReadLineAsync() is { } line; i++)
        {
            if (i == acknowledgements) victim.Kill();
            // The last line may be cut off by the kill.
            if (line.Split(' ') is [var run, var count] && line.Length > owner.Length + 4) counts[run] = Math.Max(counts.GetValueOrDefault(run), int.Parse(count));
        }

        await victim.WaitForExitAsync();
        return counts;
    }
}
