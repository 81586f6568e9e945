using System.Diagnostics;
using System.Globalization;
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

Console.WriteLine("a queue: 4 servers, utilisation 0.8, a run a task");
var queue = new Scenario
{
    Start = start,
    Duration = TimeSpan.FromHours(100),
    Nodes = [new SimulatedNode(new Resources(4000, 16L << 30))],
    Workflows = [WorkflowOf(new RenewalArrivals(new ExponentialTime(1 / 3.2)), new ExponentialTime(1), s => s.Worker(["simulated"]).Replicas(4, 4))],
};
Print("warm-up", Simulation.Run(queue with { Duration = TimeSpan.FromHours(10) }, atOnce, 1));
if (args is ["queue"]) { for (var i = 0; i < 3; i++) Print("100 hours", Simulation.Run(queue, atOnce, 1)); return; }
Print("100 hours", Simulation.Run(queue, atOnce, 1));

Console.WriteLine("a full cluster: nodes of 4 cores, tasks of 1 core and 60 s in the mean, runs of 100 tasks that are all there at the beginning");
var before = 0.0;
foreach (var (nodes, tasks) in new[] { (100, 10_000), (1_000, 100_000), (10_000, 1_000_000) })
{
    var cluster = new Scenario
    {
        Start = start,
        Nodes = [.. Enumerable.Repeat(new SimulatedNode(new Resources(4000, 16L << 30)), nodes)],
        Workflows =
        [
            WorkflowOf(new TracedArrivals([.. Enumerable.Repeat(start, tasks / 100)]), new ExponentialTime(60), s => s.Run("simulated"), fanOut: 100),
        ],
    };
    var result = Simulation.Run(cluster, atOnce, 1);
    if (result["runsCompleted"] != tasks / 100) throw new InvalidOperationException($"{result["runsCompleted"]} of {tasks / 100} runs ended");
    var growth = before > 0 ? $", {result.Elapsed.TotalSeconds / before:0.0}x the step before" : "";
    Print($"{nodes:N0} nodes, {tasks:N0} tasks", result, growth);
    before = result.Elapsed.TotalSeconds;
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

static void Print(string what, SimulationResult result, string growth = "")
{
    using var self = Process.GetCurrentProcess();
    Console.WriteLine(
        $"  {what}: {result.Elapsed.TotalSeconds:0.00} s, {result.Events:N0} events, {result.Events / result.Elapsed.TotalSeconds:N0} a second, {result.JournalEvents / result.Elapsed.TotalSeconds:N0} journal events a second, {self.PeakWorkingSet64 >> 20:N0} MiB at most{growth}");
}
