using System.Text.Json;

namespace Foreflow.Bench.Throughput;

/// <summary>What a stage costs with 1,000, 10,000, … stages done by one engine on one store.</summary>
internal static class Growth
{
    public static async Task RunAsync(Options options)
    {
        var (most, perRun, open, warmUp) = (options.Number("--most", 1_000_000), options.Number("--per-run", 5), options.Number("--open", 500), options.Number("--warm-up", 100_000));
        using var scratch = new Scratch();
        await using var engine = await EngineUnderLoad.StartAsync(scratch.Folder);
        var chain = EngineUnderLoad.Chain(perRun);
        var cold = await engine.RunToEndAsync(chain, 1_000 / perRun, open);
        Say.Line($"first 1,000 stages of a new process: {cold.MicrosecondsAStage:0.0} us a stage (most of it the compiler's)");
        var warm = await engine.RunToEndAsync(chain, warmUp / perRun, open);
        Say.Line($"then {warmUp:N0} stages to let the compiler finish: {warm.MicrosecondsAStage:0.0} us a stage");
        Say.Line($"{"stages",10} {"stages/s",9} {"us a stage",11} {"us of processor",16} {"MB resident",12} {"MB live",8}");
        var steps = new List<object>();
        var best = 0.0;
        for (var stages = 1_000; stages <= most; stages *= 10)
        {
            var cost = await engine.RunToEndAsync(chain, stages / perRun, open);
            best = Math.Max(best, cost.StagesPerSecond);
            Say.Line($"{stages,10:N0} {cost.StagesPerSecond,9:N0} {cost.MicrosecondsAStage,11:0.0} {cost.CpuMicrosecondsAStage,16:0.0} {Resident.Megabytes,12} {GC.GetTotalMemory(forceFullCollection: true) >> 20,8}");
            steps.Add(new
            {
                stages,
                stagesPerSecond = Math.Round(cost.StagesPerSecond),
                microsecondsPerStage = Math.Round(cost.MicrosecondsAStage, 1),
                cpuMicrosecondsPerStage = Math.Round(cost.CpuMicrosecondsAStage, 1),
                residentMegabytes = Resident.Megabytes,
            });
        }

        Say.Line($"highest memory: {Resident.HighestMegabytes} MB; database: {new FileInfo(Path.Combine(scratch.Folder, "foreflow.db")).Length >> 20} MB");
        Console.WriteLine(JsonSerializer.Serialize(new { perRun, open, steps, highestMegabytes = Resident.HighestMegabytes }));
    }
}
