using System.Globalization;
using Foreflow.Engine.Runs;

namespace Foreflow.Engine.Nodes;

/// <summary>Where files of runs lie below the data folder.</summary>
public static class AttemptFolders
{
    /// <summary>Everything of a run.</summary>
    public static string Run(string dataFolder, string run) => Path.Combine(dataFolder, "runs", run);

    /// <summary>The folder that the attempts of a run share, given as FOREFLOW_WORK_DIR.</summary>
    public static string Work(string dataFolder, string run) => Directory.CreateDirectory(Path.Combine(Run(dataFolder, run), "work")).FullName;

    /// <summary>An attempt's own folder: input, output and logs.</summary>
    public static string Attempt(string dataFolder, string run, string stage, AttemptKey key) =>
        Path.Combine(Run(dataFolder, run), stage, key.Task.ToString(CultureInfo.InvariantCulture), key.Attempt.ToString(CultureInfo.InvariantCulture));

    /// <summary>A replica's own folder: its logs.</summary>
    public static string Replica(string dataFolder, string workflow, string stage, long replica) =>
        Path.Combine(dataFolder, "replicas", workflow, stage, replica.ToString(CultureInfo.InvariantCulture));
}
