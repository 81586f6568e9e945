using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Core.Tests.Reservation;

public class TimeProfileTests
{
    private const int Horizon = 4_000;

    /// <summary>Thousands of steps come and go, so that blocks are split, joined and dropped, and every answer is looked up in an array.</summary>
    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 4_000)]
    [InlineData(3, 12_000)]
    public void Every_answer_is_that_of_an_array(int seed, int most)
    {
        var random = new Random(seed);
        var profile = new TimeProfile();
        var values = new long[Horizon + 1][];
        for (var t = 0; t <= Horizon; t++) values[t] = new long[4];
        var held = new List<(int From, int Until, Resources Amount)>();
        var now = 0;
        for (var i = 0; i < 3 * most; i++)
        {
            var isGrowing = i < most || i % 2 == 0;
            if (isGrowing)
            {
                var from = now + random.Next(Horizon - now);
                var until = from + 1 + random.Next(Math.Min(200, Horizon - from));
                Change((from, until, new(random.Next(4), random.Next(4), random.Next(2) * random.Next(4))), +1);
            }
            else if (held.Count > 0)
            {
                Change(held[random.Next(held.Count)], -1);
            }

            if (random.Next(most / 20) == 0)
            {
                now = Math.Min(Horizon - 1, now + random.Next(Horizon / 15));
                profile.Advance(now);
            }

            if (i % 20 == 0) Ask(random.Next(4) == 0 ? profile.Clone() : profile);
        }

        foreach (var claim in held.ToList()) Change(claim, -1);
        Assert.Equal(long.MaxValue, profile.FirstStep);
        Assert.True(profile.Now.IsZero && profile.Peak.IsZero);

        void Change((int From, int Until, Resources Amount) claim, int sign)
        {
            if (sign > 0) held.Add(claim);
            else held.Remove(claim);
            foreach (var (time, amount) in new[] { (claim.From, claim.Amount * sign), (claim.Until, claim.Amount * -sign) })
            {
                if (time <= now) profile.AddNow(amount);
                else profile.AddStep(time, amount);
            }

            for (var t = claim.From; t < claim.Until && t <= Horizon; t++)
            {
                for (var k = 0; k < 4; k++) values[t][k] += sign * claim.Amount[(ResourceKind)k];
            }
        }

        void Ask(TimeProfile asked)
        {
            var from = now + random.Next(Horizon - now);
            var until = random.Next(6) == 0 ? long.MaxValue : from + 1 + random.Next(500);
            var most = Enumerable.Range(0, 4).Select(k => Ticks(from, until).Max(t => values[t][k])).ToArray();
            Assert.Equal(most, Parts(asked.Max(from, until)));
            Assert.Equal(Enumerable.Range(0, 4).Select(k => Ticks(now, long.MaxValue).Max(t => values[t][k])), Parts(asked.Peak));
            Assert.Equal(values[now], Parts(asked.Now));

            var ceiling = random.Next(3) == 0
                ? new Resources(most[0] - random.Next(2), most[1], most[2], 0)
                : new Resources(random.NextInt64(most[0] + 2), random.NextInt64(most[1] + 2), long.MaxValue, long.MaxValue);
            bool Above(int t) => Enumerable.Range(0, 4).Any(k => values[t][k] > ceiling[(ResourceKind)k]);
            var above = Ticks(from, until).Where(Above).Select(t => (long)t).DefaultIfEmpty(long.MaxValue).First();
            Assert.Equal(above, asked.FirstAbove(ceiling, from, until, out var value));
            if (above < long.MaxValue) Assert.Equal(values[above], Parts(value));

            var duration = random.Next(6) == 0 ? long.MaxValue : 1 + random.Next(random.Next(2) == 0 ? 10 : 400);
            var cutoff = random.Next(3) == 0 ? from + 1 + random.Next(300) : long.MaxValue;
            Assert.Equal(Earliest(from, duration, cutoff, Above), asked.EarliestWithin(ceiling, from, duration, cutoff));
        }

        static long Earliest(int from, long duration, long cutoff, Func<int, bool> above)
        {
            var start = from;
            for (var t = from; t <= Horizon && start < cutoff; t++)
            {
                if (above(t)) start = t + 1;
                else if (t + 1 - start >= duration) return start;
            }

            return start <= Horizon && start < cutoff ? start : long.MaxValue;
        }
    }

    private static IEnumerable<int> Ticks(long from, long until)
    {
        for (var t = from; t < until && t <= Horizon; t++) yield return (int)t;
    }

    private static long[] Parts(Resources r) => [r.CpuMillicores, r.MemoryBytes, r.NetworkBytesPerSecond, r.DiskBytesPerSecond];
}
