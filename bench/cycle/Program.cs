using System.Globalization;
using Foreflow.Bench.Cycle;
using Foreflow.Bench.Ledger;
using Foreflow.Core;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.WriteLine("full cycles of policy ahead with reservations, five stages a workflow, each with arrivals, open runs and replicas; processor time");
Console.WriteLine($"{"nodes",8} {"stages",8} {"open runs",10} {"p50 ms",8} {"p99 ms",8} {"max ms",8} {"growth",8} {"outcomes ms",12}");
var before = 0.0;
foreach (var (nodes, stages) in new[] { (10, 10), (100, 100), (1_000, 1_000) })
{
    var cluster = new BusyCluster(nodes, stages, seed: 1);
    cluster.WarmUp(cycles: 40);
    var times = new List<double>();
    var outcomes = new List<double>();
    for (var i = 0; i < (stages > 5_000 ? 12 : 100); i++)
    {
        cluster.Live();
        var started = ThreadClock.Nanoseconds;
        var plan = ControlCycle.Decide(cluster.Pool, PolicySet.Ahead);
        times.Add((ThreadClock.Nanoseconds - started) / 1e6);
        cluster.Carry(plan);
        outcomes.Add(cluster.OutcomesMilliseconds);
    }

    times.Sort();
    outcomes.Sort();
    var median = times[times.Count / 2];
    var growth = before > 0 ? $"{median / before:0.0}x" : "";
    Console.WriteLine($"{nodes,8:N0} {stages,8:N0} {cluster.Pool.Snapshot.OpenRuns,10:N0} {median,8:0.00} {times[(int)(times.Count * 0.99)],8:0.00} {times[^1],8:0.00} {growth,8} {outcomes[outcomes.Count / 2],12:0.00}");
    before = median;
}
