using System.Globalization;
using Foreflow.Bench.Makespan;
using Foreflow.Core.Scheduling;
using Foreflow.Simulator.Scenarios;
using Foreflow.Traces.Workflows;

// Usage: Makespan [FOLDER] [most=TASKS]; FOLDER holds WfFormat files, else $FOREFLOW_DATA/workflows.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (BenchArguments.Files(args) is not { } files) return 2;

var most = BenchArguments.Number(args, "most", int.MaxValue);
int[] slots = [8, 32, 128];
var (names, rows) = (new List<string>(), new List<Outcome>());
Console.WriteLine("makespan over max(critical path, work over slots); each task takes one slot");
Console.WriteLine($"{"instance",-52} {"tasks",6} {"slots",5} {"exact",8} {"means",8} {"learning",8} {"FIFO",8}");
foreach (var file in files)
{
    var trace = new TraceCase(WfFormatFile.Read(file));
    if (trace.Tasks > most) continue;
    names.Add(file);
    foreach (var n in slots)
    {
        var bound = trace.LowerBoundSeconds(n);
        var row = new Outcome(
            n,
            trace.MakespanSeconds(n, TaskOrder.LeastSlack, TraceKnowledge.Runs) / bound,
            trace.MakespanSeconds(n, TaskOrder.LeastSlack, TraceKnowledge.Types) / bound,
            trace.MakespanSeconds(n, TaskOrder.LeastSlack, TraceKnowledge.Nothing) / bound,
            trace.MakespanSeconds(n, TaskOrder.FirstCome, TraceKnowledge.Nothing) / bound);
        rows.Add(row);
        Console.WriteLine($"{Path.GetFileName(file),-52} {trace.Tasks,6} {n,5} {row.Exact,8:0.000} {row.Means,8:0.000} {row.Learning,8:0.000} {row.Fifo,8:0.000}");
    }
}

foreach (var n in slots.Append(0))
{
    var some = rows.Where(r => n == 0 || r.Slots == n).ToArray();
    Console.WriteLine($"geometric mean, {names.Count} instances, {(n == 0 ? "all slots" : $"{n} slots"),-9}: exact {Mean(some, r => r.Exact):0.0000}, means {Mean(some, r => r.Means):0.0000}, learning {Mean(some, r => r.Learning):0.0000}, FIFO {Mean(some, r => r.Fifo):0.0000}");
}

Console.WriteLine($"worst against FIFO: exact {rows.Max(r => r.Exact / r.Fifo):0.0000}, means {rows.Max(r => r.Means / r.Fifo):0.0000}, learning {rows.Max(r => r.Learning / r.Fifo):0.0000}; more than 1 % worse: exact {rows.Count(r => r.Exact > 1.01 * r.Fifo)}, means {rows.Count(r => r.Means > 1.01 * r.Fifo)}, learning {rows.Count(r => r.Learning > 1.01 * r.Fifo)} of {rows.Count}");
return 0;

static double Mean(Outcome[] rows, Func<Outcome, double> of) => Math.Exp(rows.Average(r => Math.Log(of(r))));

internal sealed record Outcome(int Slots, double Exact, double Means, double Learning, double Fifo);
