using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Bench.Ledger;

/// <summary>Latency of fit queries on nodes of 64 cores that are about four fifths full over two days.</summary>
internal static class FitQueries
{
    private const long GiB = 1L << 30;
    private static readonly Resources s_node = new(64_000, 256 * GiB, 1_250_000_000, 2_000_000_000);
    private static readonly TimeSpan s_horizon = TimeSpan.FromHours(48);

    public static void Run(int seed, int onlyNodes, int onlyClaims)
    {
        Console.WriteLine($"seed {seed}; processor time in microseconds a query: p50 / p99 / max of 2,000");
        (int Nodes, int Claims)[] sizes = onlyNodes > 0
            ? [(onlyNodes, onlyClaims)]
            : [(1_000, 10), (1_000, 100), (1_000, 1_000), (10, 1_000), (100, 1_000), (10_000, 100)];
        foreach (var (nodes, claims) in sizes)
        {
            var ledger = Fill(nodes, claims, seed);
            Console.WriteLine($"{nodes:N0} nodes x {claims:N0} claims");
            Measure("least free on a node", seed, random => ledger.FreeAt(random.Next(nodes), Start(random, ledger.Now), ledger.Now + s_horizon));
            Measure("next fit now", seed, random => ledger.NextFit(Cores(random, 1, 8), ClaimKind.Hard, ledger.Now + Duration(random), random.Next(nodes)));
            foreach (var (least, most) in new[] { (1, 8), (8, 16), (16, 24), (24, 32), (32, 64) })
            {
                var waits = new List<double>();
                Measure($"earliest fit of {least}-{most} cores", seed, random =>
                {
                    var start = Start(random, ledger.Now);
                    var offer = ledger.EarliestFit(Cores(random, least, most), Duration(random), start);
                    waits.Add(offer is { } found ? (found.At - start).TotalHours : double.PositiveInfinity);
                });
                waits.Sort();
                Console.WriteLine($"    found after p50 {waits[waits.Count / 2]:N1} h, p99 {waits[waits.Count * 99 / 100]:N1} h");
            }
        }
    }

    private static Resources Cores(Random random, int least, int most)
    {
        var cores = least + (most - least) * random.NextDouble();
        return new((long)(cores * 1000), (long)(cores * (1 + 3 * random.NextDouble()) * GiB), random.Next(50_000_000));
    }

    private static TimeSpan Duration(Random random) => TimeSpan.FromMinutes(1 + random.Next(120));

    private static Instant Start(Random random, Instant now) => now + random.NextDouble() * (s_horizon / 2);

    private static ReservationLedger Fill(int nodes, int claims, int seed)
    {
        var random = new Random(seed);
        var now = Instant.FromUnixSeconds(1_800_000_000);
        var ledger = new ReservationLedger(now);
        long id = 0;

        // The fewer the claims the longer they are, so that all ledgers are as full.
        var meanHours = 48.0 * 20 / claims;
        for (var n = 0; n < nodes; n++)
        {
            var node = ledger.AddNode(s_node);
            for (var held = 0; held < claims;)
            {
                var length = TimeSpan.FromHours(Math.Min(40, meanHours * (0.2 + 1.6 * random.NextDouble())));
                var amount = new Resources(random.Next(500, 5_000), random.NextInt64(GiB, 18 * GiB), random.Next(30_000_000));
                id++;
                var isRunning = held < claims / 50;
                var from = isRunning ? now : now + random.NextDouble() * (s_horizon - length);
                var claim = isRunning
                    ? Claim.Hard(new(id), node, amount, now, now + length)
                    : Claim.Soft(new(id), node, amount, from, from + length, 0.9, 1, Instant.Never);
                if (ledger.TryReserve(claim)) held++;
            }
        }

        return ledger;
    }

    private static void Measure(string name, int seed, Action<Random> query)
    {
        var random = new Random(seed + 1);
        for (var i = 0; i < 300; i++) query(random);
        var microseconds = new double[2_000];
        for (var i = 0; i < microseconds.Length; i++)
        {
            var start = ThreadClock.Nanoseconds;
            query(random);
            microseconds[i] = (ThreadClock.Nanoseconds - start) / 1000;
        }

        Array.Sort(microseconds);
        Console.WriteLine($"  {name,-30} {microseconds[1_000],8:N1} / {microseconds[1_980],8:N1} / {microseconds[^1],8:N1}");
    }
}
