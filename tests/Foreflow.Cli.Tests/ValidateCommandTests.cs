using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Presentation;
using Foreflow.Testing;

namespace Foreflow.Cli.Tests;

public class ValidateCommandTests
{
    private static readonly string Hello = RepositoryFiles.Path("examples", "hello", "hello.yaml");

    [Fact]
    public void A_good_file_is_said_to_be_good()
    {
        var run = CommandRun.Of(ValidateCommand.Build(), Hello);
        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"^.*hello\.yaml: good, hello@[0-9a-f]{12}, 2 stages\n$", run.Output);
    }

    [Fact]
    public void Every_fault_of_every_file_goes_to_standard_error()
    {
        var run = CommandRun.Of(ValidateCommand.Build(), Hello, Faulty("faulty.yaml"), Faulty("missing.yaml"));
        Assert.Equal(ExitCodes.BadInput, run.ExitCode);
        Assert.Equal(1, run.Output.Count(c => c == '\n'));
        GoldenFile.Compare(Golden("validate.txt"), Relative(run.Error));
    }

    [Fact]
    public void Json_holds_the_same_and_nothing_else_is_written()
    {
        var run = CommandRun.Of(ValidateCommand.Build(), Faulty("faulty.yaml"), Hello, "--output", "json");
        Assert.Equal((ExitCodes.BadInput, ""), (run.ExitCode, run.Error));
        GoldenFile.Compare(Golden("validate.json"), Relative(run.Output));
        Assert.False(JsonElement.Parse(run.Output).GetProperty("valid").GetBoolean());
    }

    [Theory]
    [InlineData("/dev/zero", "too-large")]
    [InlineData("/", "unreadable")]
    [InlineData("", "unreadable")]
    public void What_is_no_file_is_a_fault_of_its_own(string path, string code)
    {
        var run = CommandRun.Of(ValidateCommand.Build(), path);
        Assert.Equal(ExitCodes.BadInput, run.ExitCode);
        Assert.Contains($"[{code}]", run.Error, StringComparison.Ordinal);
    }

    private static string Faulty(string name) => RepositoryFiles.Path("tests", "Foreflow.Cli.Tests", "Files", name);

    private static string Golden(string name) => RepositoryFiles.Path("tests", "Foreflow.Cli.Tests", "Golden", name);

    private static string Relative(string text) => text.Replace(RepositoryFiles.Root + "/", "", StringComparison.Ordinal);
}
