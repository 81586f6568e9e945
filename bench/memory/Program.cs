using System.Globalization;
using Foreflow.Bench.Memory;

// Throughput of memory-bound nodes with the memory that tasks' authors asked for, and with what is learnt on the way.
// Usage: bench/memory/run [--at-once 32] [--preset-gib 6] [--runs 10] [FOLDER]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = Environment.GetEnvironmentVariable("FOREFLOW_DATA") ?? ".";
var (atOnce, preset, runs) = (32, 6.0, 10);
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--at-once") atOnce = int.Parse(args[++i]);
    else if (args[i] == "--preset-gib") preset = double.Parse(args[++i]);
    else if (args[i] == "--runs") runs = int.Parse(args[++i]);
    else folder = args[i];
}

Console.WriteLine($"{"",-24} {"tasks",6} {"kinds",5} {"nodes",5} {"GB each",8} | {"at once: preset",15} {"sized",7} {"ratio",7} {"at most",8} | {"kills",6} | {"wasted GBh: preset",18} {"sized",8} | {"all done, h: preset",19} {"sized",7}");
var ratios = new List<double>();
Print("recorded presets", Directory.GetFiles(folder, "trace_*.csv*", SearchOption.AllDirectories), Backlog.OfTrace);
Print($"no recorded presets: {preset} GiB, {runs} runs", Directory.GetFiles(folder, "*-dirt02-*.json*", SearchOption.AllDirectories), f => Backlog.OfInstance(f, (long)(preset * (1L << 30)), runs));
if (ratios.Count > 0) Console.WriteLine($"geometric mean of all {ratios.Count}: {Mean(ratios):0.00}x");

void Print(string what, string[] files, Func<string, Backlog> read)
{
    if (files.Length == 0)
    {
        Console.Error.WriteLine($"{what}: no such files below '{folder}': set FOREFLOW_DATA, or name a folder");
        return;
    }

    Console.WriteLine(what);
    foreach (var file in files.Order(StringComparer.Ordinal))
    {
        var backlog = read(file);
        var (asked, sized) = (Shift.Of(backlog, false, atOnce), Shift.Of(backlog, true, atOnce));
        var nodes = backlog.ToScenario(false, atOnce).Nodes;
        ratios.Add(sized.AtOnce / asked.AtOnce);
        Console.WriteLine($"{backlog.Name,-24} {backlog.Tasks,6:N0} {backlog.Kinds.Length,5} {nodes.Length,5} {nodes[0].Capacity.MemoryBytes / 1e9,8:0.0} | {asked.AtOnce,15:0.0} {sized.AtOnce,7:0.0} {ratios[^1],6:0.00}x {backlog.MostGain,7:0.00}x | {sized.Kills,6:N0} | {asked.WastedGBh,18:0.0} {sized.WastedGBh,8:0.0} | {asked.Hours,19:0.00} {sized.Hours,7:0.00}");
    }

    Console.WriteLine($"{"geometric mean",-24} {Mean(ratios.TakeLast(files.Length)),52:0.00}x");
}

static double Mean(IEnumerable<double> ratios) => Math.Exp(ratios.Average(Math.Log));
