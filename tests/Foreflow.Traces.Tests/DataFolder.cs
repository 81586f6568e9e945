namespace Foreflow.Traces.Tests;

/// <summary>Reference data outside the repository, where <c>FOREFLOW_DATA</c> says.</summary>
internal static class DataFolder
{
    /// <summary>Files below a folder of the reference data; skips the test where there is no such data.</summary>
    public static string[] Files(string folder, string pattern)
    {
        var root = Environment.GetEnvironmentVariable("FOREFLOW_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "FOREFLOW_DATA is not set: no reference data to read");
        var path = Path.Combine(root!, folder);
        Assert.SkipUnless(Directory.Exists(path), $"{path} is not there");
        return Directory.GetFiles(path, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
    }
}
