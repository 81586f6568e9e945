using System.Globalization;
using Foreflow.Bench.Ledger;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var arguments = args.Skip(1).Select(long.Parse).ToArray();
switch (args.FirstOrDefault())
{
    case "fit":
        FitQueries.Run((int)arguments.ElementAtOrDefault(0), (int)arguments.ElementAtOrDefault(1), (int)arguments.ElementAtOrDefault(2));
        break;
    case "hot":
        HotPath.Run();
        break;
    case "soak":
        Soak.Run(arguments.ElementAtOrDefault(0) is > 0 and var operations ? operations : 2_000_000, (int)arguments.ElementAtOrDefault(1));
        break;
    default:
        Console.WriteLine("""
            ledger fit [SEED [NODES CLAIMS]]   latency of fit queries: 1,000 nodes x 1,000 claims, and its growth at 10x steps
            ledger hot                         reserve and release of running work on 10,000 nodes
            ledger soak [OPERATIONS] [SEED]    random operations against the brute-force model (default 2,000,000)
            """);
        break;
}
