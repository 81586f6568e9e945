using System.Globalization;
using Foreflow.Bench.Profile;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args.FirstOrDefault())
{
    case "updates":
        Updates.Run();
        break;
    case "size":
        StoredSize.Run();
        break;
    default:
        Console.WriteLine("""
            profile updates   attempts a profile learns from in a second of processor time, and what an update allocates
            profile size      bytes of a stored profile after 1,000 to 10,000,000 attempts
            """);
        break;
}
