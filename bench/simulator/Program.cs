using System.Diagnostics;
using System.Globalization;
using Foreflow.Bench.Ledger;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Workflows;
using Foreflow.Simulator;
using Foreflow.Simulator.Scenarios;

// An event is an entry of the queue that is carried out in full: run machine, fold into the pool, plan, check, carry.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var start = Instant.FromUnixSeconds(1_767_571_200);
var atOnce = new PolicySet { Replication = StaticReplication.AtLeast("fixed") };

Console.WriteLine("processor time of the one thread that simulates, garbage collection included");
Console.WriteLine($"{"",-42} {"events",12} {"seconds",8} {"events/s",12} {"journal/s",12} {"bytes each",10} {"peak MiB",9} {"growth",8}");
var queue = new Scenario
{
    Start = start,
    Duration = TimeSpan.FromHours(1),
    Nodes = [new SimulatedNode(new Resources(4000, 16L << 30))],
    Workflows = [WorkflowOf(new RenewalArrivals(new ExponentialTime(1 / 3.2)), new ExponentialTime(1), s => s.Worker(["simulated"]).Replicas(4, 4))],
};
Simulation.Run(queue with { Duration = TimeSpan.FromHours(20) }, atOnce, 1); // Until everything is compiled.
var before = 0.0;
foreach (var hours in new[] { 1, 10, 100 })
    before = Measure($"a queue of 4 servers, load 0.8, {hours} h", queue with { Duration = TimeSpan.FromHours(hours) }, before).Seconds;

// Nodes of 4 cores, tasks of 1 core and 60 s in the mean, runs of 100 tasks that are all there at the beginning.
before = 0;
foreach (var (nodes, tasks) in new[] { (100, 10_000), (1_000, 100_000), (10_000, 1_000_000) })
{
    if (args is ["queue"]) break;
    var cluster = new Scenario
    {
        Start = start,
        Nodes = [.. Enumerable.Repeat(new SimulatedNode(new Resources(4000, 16L << 30)), nodes)],
        Workflows =
        [
            WorkflowOf(new TracedArrivals([.. Enumerable.Repeat(start, tasks / 100)]), new ExponentialTime(60), s => s.Run("simulated"), fanOut: 100),
        ],
    };
    var (result, seconds) = Measure($"{nodes:N0} nodes, {tasks:N0} tasks", cluster, before);
    if (result["runsCompleted"] != tasks / 100) throw new InvalidOperationException($"{result["runsCompleted"]} of {tasks / 100} runs ended");
    before = seconds;
}

(SimulationResult Result, double Seconds) Measure(string what, Scenario scenario, double secondsBefore)
{
    var bytes = GC.GetAllocatedBytesForCurrentThread();
    var began = ThreadClock.Nanoseconds;
    var result = Simulation.Run(scenario, atOnce, 1);
    var seconds = (ThreadClock.Nanoseconds - began) / 1e9;
    bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
    using var self = Process.GetCurrentProcess();
    var growth = secondsBefore > 0 ? $"{seconds / secondsBefore:0.0}x" : "";
    Console.WriteLine($"{what,-42} {result.Events,12:N0} {seconds,8:0.00} {result.Events / seconds,12:N0} {result.JournalEvents / seconds,12:N0} {bytes / result.Events,10:N0} {self.PeakWorkingSet64 >> 20,9:N0} {growth,8}");
    return (result, seconds);
}

static SimulatedWorkflow WorkflowOf(ArrivalProcess arrivals, TimeDistribution time, Action<StageBuilder> describe, int fanOut = 1)
{
    var definition = Workflow.Create("bench").Stage("work", s =>
    {
        describe(s);
        s.Resources(new Resources(1000, 256L << 20), isFixed: true);
    }).Build();
    return new SimulatedWorkflow
    {
        Definition = DefinitionRewriting.Of(definition, [fanOut > 1], [false]),
        Stages = [new StageModel { Time = time, FanOut = fanOut > 1 ? TimeDistribution.Fixed(fanOut) : null }],
        Arrivals = arrivals,
    };
}
