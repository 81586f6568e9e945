// Appends to 50 runs at once for as long as it lives, and prints "RUN COUNT" when COUNT events of RUN are acknowledged.
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;

await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = args[0] });
await storage.Ownership.AcquireAsync(new OwnerId(args[1]));
await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
{
    var run = new RunId($"{args[1]}-{i:D2}");
    var summary = new RunSummary
    {
        Id = run, Workflow = "victim", WorkflowVersion = "1", Status = RunStatus.Running, CreatedAt = new Instant(i), Owner = new OwnerId(args[1]),
    };
    for (var next = 0; ; next++)
    {
        await storage.Runs.AppendAsync(new RunAppend(run, next, [BitConverter.GetBytes(next)], summary with { TasksTotal = next }));
        Console.WriteLine($"{run} {next + 1}");
    }
}));
