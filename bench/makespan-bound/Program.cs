using System.Globalization;
using Foreflow.Bench.Makespan;
using Foreflow.Bench.MakespanBound;
using Foreflow.Core.Scheduling;
using Foreflow.Simulator.Scenarios;
using Foreflow.Traces.Workflows;

// Usage: MakespanBound [FOLDER] [seconds=30] [most=200] [above=1.10]
// For recorded runs of few tasks whose makespan with known run times stays above the simple bound: how much of that is the bound.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (BenchArguments.Files(args) is not { } files) return 2;

var (seconds, most, above) = (BenchArguments.Number(args, "seconds", 30), BenchArguments.Number(args, "most", 200), BenchArguments.Number(args, "above", 1.10));
Console.WriteLine("makespan with known run times over three bounds: the simple one, max(critical path, work over slots); what the solver proved; what it found");
Console.WriteLine($"{"instance",-46} {"tasks",5} {"slots",5} {"simple",8} {"proven",8} {"found",8}  solver");
var ratios = new List<(double Simple, double Proven, double Found)>();
foreach (var file in files)
{
    var history = WfFormatFile.Read(file);
    if (history.Tasks.Length > most) continue;
    var trace = new TraceCase(history);
    foreach (var slots in (int[])[8, 32, 128])
    {
        var makespan = trace.MakespanSeconds(slots, TaskOrder.LeastSlack, TraceKnowledge.Runs);
        var simple = makespan / trace.LowerBoundSeconds(slots);
        if (simple <= above) continue;
        var best = BestSchedule.Of(history, slots, seconds);
        ratios.Add((simple, makespan / Math.Max(best.LeastSeconds, trace.LowerBoundSeconds(slots)), makespan / best.BestSeconds));
        Console.WriteLine($"{Path.GetFileName(file),-46} {history.Tasks.Length,5} {slots,5} {simple,8:0.000} {ratios[^1].Proven,8:0.000} {ratios[^1].Found,8:0.000}  {(best.Proven ? "optimal" : $"gap {(best.BestSeconds / best.LeastSeconds) - 1:0.0%} after {seconds:0} s")}");
    }
}

Console.WriteLine($"geometric mean of {ratios.Count}: simple {Mean(r => r.Simple):0.0000}, proven {Mean(r => r.Proven):0.0000}, found {Mean(r => r.Found):0.0000}");
return 0;

double Mean(Func<(double Simple, double Proven, double Found), double> of) => ratios.Count == 0 ? double.NaN : Math.Exp(ratios.Average(r => Math.Log(of(r))));
