namespace Foreflow.Engine.Execution;

/// <summary>Names of the files in an attempt's folder, and in a worker's.</summary>
public static class AttemptFiles
{
    /// <summary>The task's input, JSON.</summary>
    public const string Input = "input.json";

    /// <summary>The task's output, JSON, written by the stage.</summary>
    public const string Output = "output.json";

    /// <summary>Standard output; missing when nothing was written.</summary>
    public const string StandardOutput = "stdout.log";

    /// <summary>Standard error; missing when nothing was written.</summary>
    public const string StandardError = "stderr.log";
}
