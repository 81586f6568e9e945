using System.Globalization;

namespace Foreflow.Bench.Throughput;

/// <summary>Options as <c>--name value</c>.</summary>
internal sealed class Options(string[] args)
{
    public int Number(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public string? Text(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
}

/// <summary>Prints in one culture.</summary>
internal static class Say
{
    public static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
