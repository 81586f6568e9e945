using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Bench.Ledger;

/// <summary>What a simulator does with the ledger: find a node, start work there, end work elsewhere, move time on.</summary>
internal static class HotPath
{
    private const int Nodes = 10_000;
    private const int Running = 100_000;
    private const int Rounds = 300_000;

    public static void Run()
    {
        Console.WriteLine($"{Nodes:N0} nodes, {Running:N0} tasks running; one round is a task ended, a node found, a task started, time moved on");
        for (var repeat = 0; repeat < 2; repeat++)
        {
            Measure("end unknown", (_, _) => Instant.Never);
            Measure("expected end", (now, random) => now + TimeSpan.FromSeconds(60 + random.Next(600)));
        }
    }

    private static void Measure(string name, Func<Instant, Random, Instant> end)
    {
        var random = new Random(1);
        var now = Instant.FromUnixSeconds(1_800_000_000);
        var ledger = new ReservationLedger(now);
        for (var node = 0; node < Nodes; node++) ledger.AddNode(new(16_000, 64L << 30));
        var running = new ClaimId[Running];
        var unit = new Resources(1_000, 4L << 30);
        long id = 0;
        for (var i = 0; i < Running; i++) running[i] = Start();

        var start = ThreadClock.Nanoseconds;
        for (var i = 0; i < Rounds; i++)
        {
            now += TimeSpan.FromMilliseconds(1);
            ledger.Expire(now);
            ref var slot = ref running[random.Next(Running)];
            ledger.Release(slot);
            slot = Start();
        }

        var nanoseconds = (ThreadClock.Nanoseconds - start) / Rounds;
        Console.WriteLine($"{name,-14} {nanoseconds,6:N0} ns of processor time a round, {60e9 / nanoseconds / 1e6,4:N0} million rounds a minute");

        ClaimId Start()
        {
            var node = ledger.NextFit(unit, ClaimKind.Hard, Instant.Never, random.Next(Nodes));
            if (node < 0) node = ledger.NextFit(unit, ClaimKind.Hard, Instant.Never);
            var claim = Claim.Hard(new(++id), node, unit, now, end(now, random));
            ledger.Reserve(claim);
            return claim.Id;
        }
    }
}
