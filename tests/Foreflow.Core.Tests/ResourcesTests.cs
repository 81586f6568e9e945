using CsCheck;
using Foreflow.Core.Model;

namespace Foreflow.Core.Tests;

public class ResourcesTests
{
    private static readonly Gen<Resources> Any = Gen.Select(
        Gen.Long[0, 1_000_000], Gen.Long[0, 1L << 40], Gen.Long[0, 1L << 30], Gen.Long[0, 1L << 30],
        (cpu, memory, network, disk) => new Resources(cpu, memory, network, disk));

    [Fact]
    public void Adding_then_taking_away_is_exact() =>
        Gen.Select(Any, Any).Sample((a, b) => a + b - b == a);

    [Fact]
    public void As_many_copies_as_said_fit_and_one_more_does_not() =>
        Gen.Select(Any.Where(r => !r.IsZero), Any).Sample((unit, capacity) =>
        {
            var copies = unit.CopiesWithin(capacity);
            return (unit * copies).FitsWithin(capacity) && !(unit * (copies + 1L)).FitsWithin(capacity);
        });
}
