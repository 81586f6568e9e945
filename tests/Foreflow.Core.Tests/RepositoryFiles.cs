namespace Foreflow.Testing;

/// <summary>Files of the repository that tests read: found from where the tests were built. Compiled into each test project that reads some.</summary>
internal static class RepositoryFiles
{
    public static readonly string Root = FindRoot();

    /// <summary>Set to <c>1</c>, golden files are written anew instead of compared: read the difference before you commit it.</summary>
    private static readonly bool Update = Environment.GetEnvironmentVariable("FOREFLOW_UPDATE_GOLDEN") == "1";

    public static string Path(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>Compares text with a golden file.</summary>
    public static void AssertGolden(string path, string actual)
    {
        if (Update) File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} is not there: run with FOREFLOW_UPDATE_GOLDEN=1 to write it");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Foreflow.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
