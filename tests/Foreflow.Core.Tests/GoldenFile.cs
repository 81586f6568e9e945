namespace Foreflow.Testing;

/// <summary>Output that was read by a person once and is compared ever after. Compiled into each test project that has some.</summary>
internal static class GoldenFile
{
    /// <summary>Set to <c>1</c>, golden files are written anew instead of compared: read the difference before you commit it.</summary>
    private static readonly bool Update = Environment.GetEnvironmentVariable("FOREFLOW_UPDATE_GOLDEN") == "1";

    /// <summary>Compares text with a golden file.</summary>
    public static void Compare(string path, string actual)
    {
        if (Update) File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} is not there: run with FOREFLOW_UPDATE_GOLDEN=1 to write it");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
