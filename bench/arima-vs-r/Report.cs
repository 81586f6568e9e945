using Foreflow.Core.Forecasting.Arima;

namespace Foreflow.Bench.ArimaVersusR;

/// <summary>What R found for one series.</summary>
internal sealed record PeerResult(
    string Id, ArimaOrder Order, double AutomaticSeconds, double FixedSeconds, double LogLikelihood, double MeanAbsoluteError)
{
    public static PeerResult Parse(string line)
    {
        var cells = line.Split(',');
        var n = cells[1..8].Select(int.Parse).ToArray();
        return new PeerResult(
            cells[0], new ArimaOrder(n[0], n[1], n[2], n[3], n[4], n[5], int.MaxValue, n[6] == 1),
            Series.Number(cells[8]), Series.Number(cells[9]), Series.Number(cells[10].Trim()), Series.Number(cells[11].Trim()));
    }
}

/// <summary>One row: R and Foreflow on one series.</summary>
internal sealed record Comparison(
    string Id, ArimaOrder PeerOrder, ArimaOrder Order, double PeerLogLikelihood, double LogLikelihood, double PeerMase, double Mase,
    double PeerSeconds, double Seconds, double PeerFixedSeconds, double FixedSeconds)
{
    /// <summary>Log-likelihood of the same order against R's, as a share of it; positive is better than R.</summary>
    public double LikelihoodGain => (LogLikelihood - PeerLogLikelihood) / Math.Abs(PeerLogLikelihood);
}

/// <summary>Prints the table and the figures that count.</summary>
internal static class Report
{
    public static void Print(IReadOnlyList<Comparison> rows)
    {
        Console.WriteLine($"{"series",-14} {"R chose",-34} {"Foreflow chose",-34} {"logL R",10} {"logL same",10} {"MASE R",7} {"MASE",7} {"R s",8} {"s",7}");
        foreach (var row in rows)
        {
            Console.WriteLine(
                $"{row.Id,-14} {row.PeerOrder,-34} {row.Order,-34} {row.PeerLogLikelihood,10:F2} {row.LogLikelihood,10:F2} "
                + $"{row.PeerMase,7:F3} {row.Mase,7:F3} {row.PeerSeconds,8:F2} {row.Seconds,7:F4}");
        }
        Console.WriteLine();
        foreach (var group in rows.GroupBy(row => Kind(row.Id))) Summarise(group.Key, [.. group]);
        Summarise("all", rows);
    }

    private static string Kind(string id) =>
        id.StartsWith('H') ? "M4 hourly" : id.StartsWith("NN5", StringComparison.Ordinal) ? "NN5 daily" : "simulated";

    private static void Summarise(string kind, IReadOnlyList<Comparison> rows)
    {
        var likelihoods = rows.Where(row => double.IsFinite(row.PeerLogLikelihood)).ToList();
        Console.WriteLine(
            $"{kind,-10} {rows.Count,3} series: "
            + $"log-likelihood of the same order within 0.5 % or better on {likelihoods.Count(row => row.LikelihoodGain >= -0.005)} of {likelihoods.Count} "
            + $"(worst {100 * likelihoods.Min(row => row.LikelihoodGain):F3} %); "
            + $"MASE R {rows.Average(row => row.PeerMase):F4}, Foreflow {rows.Average(row => row.Mase):F4}; "
            + $"CPU automatic R {rows.Sum(row => row.PeerSeconds):F1} s, Foreflow {rows.Sum(row => row.Seconds):F2} s, "
            + $"ratio 1/{rows.Sum(row => row.PeerSeconds) / rows.Sum(row => row.Seconds):F0} "
            + $"(median 1/{Median(rows.Select(row => row.PeerSeconds / row.Seconds)):F0}); "
            + $"same order 1/{rows.Sum(row => row.PeerFixedSeconds) / rows.Sum(row => row.FixedSeconds):F0}");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
