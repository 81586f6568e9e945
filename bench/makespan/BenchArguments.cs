using System.Globalization;

namespace Foreflow.Bench.Makespan;

/// <summary>A folder of recorded runs and options written <c>name=number</c>.</summary>
internal static class BenchArguments
{
    /// <summary>The WfFormat files of the folder that is named, else of those of the data; null, and it is said why, where there is no such folder.</summary>
    public static IReadOnlyList<string>? Files(string[] args)
    {
        var data = Environment.GetEnvironmentVariable("FOREFLOW_DATA");
        var folder = args.FirstOrDefault(a => !a.Contains('=', StringComparison.Ordinal)) ?? (data is null ? null : Path.Combine(data, "workflows"));
        if (folder is not null && Directory.Exists(folder)) return [.. Directory.GetFiles(folder, "*.json*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        Console.Error.WriteLine("name a folder of WfFormat files, or set FOREFLOW_DATA");
        return null;
    }

    /// <summary>The number given for a name.</summary>
    public static double Number(string[] args, string name, double otherwise) =>
        args.FirstOrDefault(a => a.StartsWith(name + "=", StringComparison.Ordinal)) is { } text ? double.Parse(text.AsSpan(name.Length + 1), CultureInfo.InvariantCulture) : otherwise;
}
