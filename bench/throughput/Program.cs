// What the engine does in a second, and what that grows by. See README.md; started by bench/throughput/run.
using Foreflow.Bench.Throughput;

var options = new Options(args);
switch (args.FirstOrDefault())
{
    case "growth": await Growth.RunAsync(options); break;
    case "memory": await FinishedRuns.RunAsync(options); break;
    case "queued": await QueuedRuns.RunAsync(options); break;
    case "restart": await Restart.RunAsync(options); break;
    case "restart-life": await Restart.LifeAsync(options); break;
    case "peers": await Peers.RunAsync(options); break;
    default:
        Console.Error.WriteLine("usage: run growth|memory|queued|restart|peers [--name value]...; README.md says what each does");
        return 2;
}

return 0;
