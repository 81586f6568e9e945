using System.Globalization;
using Foreflow.Bench.Arrivals;
using Foreflow.Simulator;
using Foreflow.Simulator.Policies;

// Policies on real arrivals: replica-hours over those of the clairvoyant, and violations beside the reactive rule at equal cost.
// Usage: dotnet run --project bench/arrivals -c Release -- [DATA] [--only NAME] [--targets 0.3,0.5,0.7] [--policies ahead] [--seed 1] [--end DAYS]
// --end measures another stretch: the last days before that day of the file.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var data = args.FirstOrDefault(a => !a.StartsWith("--", StringComparison.Ordinal) && Directory.Exists(a)) ?? Environment.GetEnvironmentVariable("FOREFLOW_DATA") ?? throw new InvalidOperationException("name the data folder, or set FOREFLOW_DATA");
var only = Value("--only");
var targets = (Value("--targets") ?? "0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,0.95").Split(',').Select(double.Parse).ToArray();
var policies = (Value("--policies") ?? "ahead").Split(',');
var seed = ulong.Parse(Value("--seed") ?? "1");
foreach (var (title, cases) in new[] { ("seasonal", Case.Seasonal), ("unpredictable", Case.Unpredictable) })
{
    foreach (var one in cases.Where(c => only is null || c.Name.Contains(only, StringComparison.Ordinal)))
    {
        var scenario = (Value("--end") is { } end ? one with { EndDays = double.Parse(end) } : one).ToScenario(data);
        var oracle = NamedPolicies.Simulate(scenario, "oracle", seed);
        Console.WriteLine($"{one.Name} ({title}): {oracle["runsArrived"]:0} runs in {scenario.Duration!.Value.TotalHours:0} h, oracle {oracle["replicaHours"]:0.0} replica-hours, {oracle["violationShare"]:0.00%} violated");
        var curve = new List<(double Hours, double Minutes)>();
        foreach (var target in targets)
        {
            var result = NamedPolicies.Simulate(scenario, $"reactive:{target}", seed);
            curve.Add((result["replicaHours"], result["violationMinutes"]));
            Print($"reactive:{target}", result, oracle, "");
        }

        foreach (var policy in policies)
        {
            var result = NamedPolicies.Simulate(scenario, policy, seed);
            var (hours, minutes) = (result["replicaHours"], result["violationMinutes"]);
            var rival = At(curve, hours, c => c.Hours, c => c.Minutes);
            var cost = At(curve, -minutes, c => -c.Minutes, c => c.Hours);
            Print(policy, result, oracle, $"; reactive at equal cost violates {rival:0} min = {rival / Math.Max(1, minutes):0.0}x; at equal violations costs {cost:0.0} h, this is {hours / cost:0.00}x");
        }
    }
}

string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

static void Print(string policy, SimulationResult result, SimulationResult oracle, string more) =>
    Console.WriteLine($"  {policy,-14} {result["replicaHours"] / oracle["replicaHours"],6:0.00}x oracle, {result["violationMinutes"],5:0} min = {result["violationShare"]:0.00%} violated, wait p99 {result["waitP99Seconds"]:0.0} s, {result["levelChangesPerHour"]:0.0} changes/h, {result.Elapsed.TotalSeconds:0.0} s{more}");

// The curve between its points, in the order of x; its ends beyond them.
static double At(List<(double Hours, double Minutes)> curve, double x, Func<(double Hours, double Minutes), double> xOf, Func<(double Hours, double Minutes), double> yOf)
{
    var sorted = curve.OrderBy(xOf).ToList();
    if (x <= xOf(sorted[0])) return yOf(sorted[0]);
    for (var i = 1; i < sorted.Count; i++)
    {
        if (x > xOf(sorted[i])) continue;
        var share = (x - xOf(sorted[i - 1])) / Math.Max(1e-9, xOf(sorted[i]) - xOf(sorted[i - 1]));
        return yOf(sorted[i - 1]) + (share * (yOf(sorted[i]) - yOf(sorted[i - 1])));
    }

    return yOf(sorted[^1]);
}
