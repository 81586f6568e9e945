namespace Foreflow.Cli.Hosting;

/// <summary>Where engines of this command read how short of memory the machine is.</summary>
internal static class MemoryPressureFile
{
    /// <summary>Names the file, where it is another than the machine's own: that of the control group that everything of ours runs in.</summary>
    public const string Variable = "FOREFLOW_MEMORY_PRESSURE";

    /// <summary>The file that the environment names; null for the machine's own.</summary>
    public static string? Path => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? file : null;
}
