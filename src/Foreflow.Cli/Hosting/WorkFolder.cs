using Foreflow.Core.Model;
using Foreflow.Engine.Nodes;

namespace Foreflow.Cli.Hosting;

/// <summary>The folder that the attempts of a run share.</summary>
internal static class WorkFolder
{
    /// <summary>Gives a run what another has left in its folder. Links are copied as links.</summary>
    public static void Copy(string dataFolder, RunId from, RunId to)
    {
        var source = new DirectoryInfo(AttemptFolders.Work(dataFolder, from.Value));
        Copy(source, AttemptFolders.Work(dataFolder, to.Value));
    }

    private static void Copy(DirectoryInfo from, string to)
    {
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } link) File.CreateSymbolicLink(target, link);
            else if (entry is DirectoryInfo folder) Copy(folder, Directory.CreateDirectory(target).FullName);
            else File.Copy(entry.FullName, target);
        }
    }
}
