namespace Foreflow.Engine.Tests;

/// <summary>Where the program is that tests run as a stage.</summary>
internal static class TestStage
{
    /// <summary>…/tests/THIS/bin/CONFIGURATION/FRAMEWORK/ becomes …/tests/Foreflow.TestStage/bin/CONFIGURATION/FRAMEWORK/.</summary>
    internal static string Path { get; } = Find();

    private static string Find()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var (framework, configuration) = (here.Name, here.Parent!.Name);
        var tests = here.Parent.Parent!.Parent!.Parent!.FullName;
        return System.IO.Path.Combine(tests, "Foreflow.TestStage", "bin", configuration, framework, "Foreflow.TestStage");
    }
}
