namespace Foreflow.Testing;

/// <summary>Files of the repository that tests read: found from where the tests were built. Compiled into each project that reads some.</summary>
internal static class RepositoryFiles
{
    public static readonly string Root = FindRoot();

    public static string Path(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Foreflow.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
