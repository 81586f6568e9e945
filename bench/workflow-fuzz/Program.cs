using System.Diagnostics;
using System.Globalization;
using System.Text;
using Foreflow.Core.Tests.Workflows;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Testing;

// Damages workflow files a million times over and reads each: none may throw, none may be slow, and what is still good
// must survive being written and read again. Usage: WorkflowFuzz [mutations [seed]]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var mutations = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
var seed = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Environment.TickCount;
var corpus = Path.Combine(RepositoryFiles.Root, "tests", "Foreflow.Core.Tests", "Workflows", "Corpus");
byte[][] Files(string folder) => [.. Directory.GetFiles(Path.Combine(corpus, folder), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
var files = Files("good").SelectMany(f => Enumerable.Repeat(f, 10)).Concat(Files("bad")).ToArray();

var mutator = new FileMutator(files, WorkflowTokens.All, seed);
var codes = new SortedDictionary<string, int>(StringComparer.Ordinal);
var microseconds = new List<double>(mutations);
var (good, faults) = (0, 0);
for (var i = 0; i < mutations; i++)
{
    var file = mutator.Next();
    var start = Stopwatch.GetTimestamp();
    try
    {
        var reading = WorkflowReader.Read(file);
        microseconds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        foreach (var code in reading.Diagnostics.Select(d => d.Code).Distinct()) codes[code] = codes.GetValueOrDefault(code) + 1;
        if (reading.Workflow is not { } workflow) continue;
        good++;
        if (WorkflowReader.Read(WorkflowWriter.Write(workflow)).Workflow != workflow) Report(i, file, "does not read back as it was");
    }
    catch (Exception e)
    {
        Report(i, file, e.ToString());
    }
}

microseconds.Sort();
Console.WriteLine($"seed {seed}: {mutations:N0} damaged files, {good:N0} still good, {faults} faults");
Console.WriteLine($"reading: median {Quantile(0.5):F0} us, 99.9 % within {Quantile(0.999) / 1000:F1} ms, longest {microseconds[^1] / 1000:F1} ms");
Console.WriteLine("files by what was said of them: " + string.Join(", ", codes.OrderByDescending(c => c.Value).Select(c => $"{c.Key} {c.Value}")));
ReadLarge();
return faults == 0 ? 0 : 1;

double Quantile(double p) => microseconds[(int)(p * (microseconds.Count - 1))];

void Report(int mutation, byte[] file, string what)
{
    faults++;
    Console.WriteLine($"mutation {mutation}: {what}\n{Encoding.UTF8.GetString(file)}\n");
}

// The largest workflow there may be, as a measure of reading, checking and hashing.
static void ReadLarge()
{
    var builder = Workflow.Create("large");
    for (var i = 0; i < 10_000; i++)
    {
        var stage = i;
        builder.Stage($"s{stage}", s => s.Run("./run.sh \"$INPUT\"").Needs(stage == 0 ? [] : [$"s{stage / 2}"]).Outputs("out")
            .Env("INPUT", stage == 0 ? "x" : $"${{{{ stages.s{stage / 2}.outputs.out }}}}").Retries(2).Timeout(TimeSpan.FromMinutes(5)));
    }

    var text = WorkflowWriter.Write(builder.Build());
    var times = new List<double>();
    for (var i = 0; i < 7; i++)
    {
        var start = Stopwatch.GetTimestamp();
        if (WorkflowReader.Read(text).Workflow is null) throw new InvalidOperationException("the large workflow is not good");
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    times.Sort();
    Console.WriteLine($"a file of 10,000 stages, {text.Length / 1e6:F1} MB: read in {times[times.Count / 2]:F0} ms (median of {times.Count})");
}
