using System.Globalization;
using Foreflow.Core.Profiling.Sizing;
using Foreflow.Traces.Sizing;
using Foreflow.Traces.Tasks;

// Replays every task trace below a folder and prints what sizing wastes, beside the preset and the simple causal rule.
// Usage: dotnet run --project bench/sizing -c Release -- [FOLDER] [NAME=VALUE of SizingOptions …]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = args.FirstOrDefault(a => !a.Contains('=')) ?? Environment.GetEnvironmentVariable("FOREFLOW_DATA") ?? ".";
var options = args.Where(a => a.Contains('=')).Aggregate(SizingOptions.Default, Set);
var traces = Directory.GetFiles(folder, "*.csv*", SearchOption.AllDirectories)
    .Where(f => f.Contains("task-traces", StringComparison.Ordinal) || !f.Contains("series", StringComparison.Ordinal))
    .Order(StringComparer.Ordinal);

Console.WriteLine($"{"trace",-34}{"tasks",8}{"used GBh",12}{"preset",12}{"simple rule",14}{"sized",12}{"of rule",10}{"failed first",14}");
var (rule, sized, failed, tasks) = (0.0, 0.0, 0L, 0L);
foreach (var path in traces)
{
    TaskTrace trace;
    try
    {
        trace = TaskTraceFile.Read(path);
    }
    catch (Foreflow.Traces.TraceFileException)
    {
        continue;
    }

    // A trace without requests gets the largest task as its preset, as a careful author would.
    var preset = trace.Tasks.All(t => t.MemoryRequestedBytes is null) ? trace.Tasks.Max(t => t.MemoryPeakBytes) : null;
    var total = SizingReplay.Run(trace, SizingFilter.Sizey, preset, options).Total;
    if (total.Tasks == 0) continue;
    Print(Path.GetFileName(path), total.Tasks, total.UsedGBh, total.Preset.WasteGBh, total.Baseline.WasteGBh, total.Foreflow.WasteGBh, total.Foreflow.TasksFailedFirst);
    (rule, sized, failed, tasks) = (rule + total.Baseline.WasteGBh, sized + total.Foreflow.WasteGBh, failed + total.Foreflow.TasksFailedFirst, tasks + total.Tasks);
}

Print("all", (int)tasks, double.NaN, double.NaN, rule, sized, failed);

static void Print(string name, int tasks, double used, double preset, double rule, double sized, long failed) =>
    Console.WriteLine($"{name,-34}{tasks,8}{used,12:0.0}{preset,12:0.0}{rule,14:0.0}{sized,12:0.0}{sized / rule,10:0.0%}{(double)failed / tasks,14:0.00%}");

static SizingOptions Set(SizingOptions options, string assignment)
{
    var (name, value) = (assignment.Split('=')[0], assignment.Split('=')[1]);
    var property = typeof(SizingOptions).GetProperty(name) ?? throw new ArgumentException($"no option {name}; there are {string.Join(", ", typeof(SizingOptions).GetProperties().Select(p => p.Name))}");
    var changed = options with { };
    property.SetValue(changed, Convert.ChangeType(value, property.PropertyType, CultureInfo.InvariantCulture));
    return changed;
}
