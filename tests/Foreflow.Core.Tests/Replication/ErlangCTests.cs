using CsCheck;
using Foreflow.Core.Replication;

namespace Foreflow.Core.Tests.Replication;

public class ErlangCTests
{
    [Theory]
    [InlineData(1, 0.5, 1.0 / 3)] // a / (1 + a)
    [InlineData(2, 1, 0.2)] // (a^2/2) / (1 + a + a^2/2)
    [InlineData(5, 3, 0.110054)] // tables of Erlang B
    [InlineData(10, 5, 0.018385)]
    [InlineData(0, 2, 1)]
    public void Loss_agrees_with_the_tables(int servers, double load, double loss) =>
        Assert.Equal(loss, ErlangC.LossProbability(servers, load), 6);

    [Theory]
    [InlineData(1, 0.7, 0.7)] // M/M/1: the utilisation
    [InlineData(2, 1, 1.0 / 3)] // M/M/2: 2 rho^2 / (1 + rho)
    [InlineData(2, 1.6, 0.711111)]
    [InlineData(5, 4, 0.554113)]
    [InlineData(3, 3, 1)]
    [InlineData(3, 9, 1)]
    public void Wait_probability_agrees_with_closed_forms(int servers, double load, double wait) =>
        Assert.Equal(wait, ErlangC.WaitProbability(servers, load), 6);

    [Fact]
    public void Mean_wait_of_one_server_is_that_of_a_single_queue() =>
        Gen.Select(Gen.Double[0.01, 0.99], Gen.Double[0.1, 100]).Sample((load, service) =>
            Math.Abs(ErlangC.MeanWaitSeconds(1, load / service, service) - load * service / (1 - load)) <= 1e-9 * service / (1 - load));

    /// <summary>Against sums in logarithms over every server count: the shortcut that leaves out most steps must not show.</summary>
    [Theory]
    [InlineData(3, 1.2)]
    [InlineData(120, 100)]
    [InlineData(1_000, 1_000)]
    [InlineData(990, 1_000)]
    [InlineData(10_100, 10_000)]
    [InlineData(100_000, 99_500)]
    [InlineData(20_000, 99_500)]
    public void Loss_agrees_with_the_full_sum(int servers, double load)
    {
        // 1/B(c) = sum over k of c! / (k! a^(c-k)), term by term from k = c down.
        double sum = 0, term = 1;
        for (var k = servers; k >= 0 && term > 1e-25; k--)
        {
            sum += term;
            term *= k / load;
        }

        Assert.Equal(1, ErlangC.LossProbability(servers, load) * sum, 9);
    }

    [Fact]
    public void Staffing_is_the_least_that_keeps_the_wait() =>
        Gen.Select(Gen.Double[0.01, 300], Gen.Double[0.1, 10], Gen.Double[0, 5], Gen.Double[0.001, 0.5]).Sample((rate, service, wait, epsilon) =>
        {
            var servers = ErlangC.Servers(rate, service, wait, epsilon);
            return ErlangC.WaitExceeds(servers, rate, service, wait) <= epsilon + 1e-12
                && (servers - 1 <= rate * service || ErlangC.WaitExceeds(servers - 1, rate, service, wait) > epsilon);
        });

    [Fact]
    public void The_wait_quantile_is_exceeded_by_the_rest() =>
        Gen.Select(Gen.Int[1, 50], Gen.Double[0.3, 0.98], Gen.Double[0.01, 0.999]).Sample((servers, utilisation, probability) =>
        {
            var wait = ErlangC.WaitQuantileSeconds(servers, servers * utilisation, 1, probability);
            var exceeds = ErlangC.WaitExceeds(servers, servers * utilisation, 1, wait);
            return wait == 0 ? exceeds <= 1 - probability + 1e-9 : Math.Abs(exceeds - (1 - probability)) < 1e-9;
        });

    [Theory]
    [InlineData(0.5, 0.506)]
    [InlineData(0.2, 1.062)]
    [InlineData(0.05, 1.736)]
    [InlineData(0.01, 2.370)]
    public void Square_root_staffing_uses_the_published_grades(double waits, double beta) =>
        Assert.Equal(beta, ErlangC.ServiceGrade(waits), 2);

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void Square_root_staffing_is_close_to_the_exact_number(double load)
    {
        var exact = ErlangC.Servers(load, 1, 0, 0.05);
        Assert.InRange(ErlangC.SquareRootStaffing(load, 0.05) - exact, -2, 2);
    }
}
