using Foreflow.Bench.Crash;
using Foreflow.Storage.Tests.Postgres;

var (foreflow, kills, storage, seed) = ("foreflow", 200, "sqlite", 1);
for (var i = 0; i < args.Length; i += 2)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    switch (args[i])
    {
        case "--foreflow": foreflow = value; break;
        case "--kills" when int.TryParse(value, out kills) && kills > 0: break;
        case "--storage" when value is "sqlite" or "postgres": storage = value; break;
        case "--seed" when int.TryParse(value, out seed): break;
        case "--output" when value is "json": break;
        default:
            Console.Error.WriteLine($"chaos: {args[i]} {value}: there are --kills N, --storage sqlite|postgres, --seed N, --output json");
            return 2;
    }
}

if (storage == "postgres" && PostgresServer.WhyNot() is { } why)
{
    Console.Error.WriteLine($"chaos: {why}");
    return 2;
}

var started = System.Diagnostics.Stopwatch.StartNew();
Console.Error.WriteLine($"chaos: {kills} kills, {storage}, seed {seed}");
var verdict = await Chaos.RunAsync(new ChaosOptions(foreflow, kills, storage == "postgres", seed, Console.Error.WriteLine));
foreach (var fault in verdict.Faults.Take(50)) Console.Error.WriteLine(fault);
Console.Error.WriteLine($"took {started.Elapsed.TotalSeconds:0} s");
Console.Out.WriteLine(verdict.ToJson());
return verdict.IsClean ? 0 : 1;
