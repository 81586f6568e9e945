using System.Text.RegularExpressions;

namespace Foreflow.EndToEnd.Tests;

/// <summary>The README holds only commands that work: its own example is saved and its commands are run, in their order.</summary>
public partial class ReadmeTests
{
    /// <summary>Two minutes long, and held to by a test of its own.</summary>
    private static readonly string[] Elsewhere = ["demo"];

    [Fact]
    public async Task Every_command_of_the_readme_works()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Cli.Root, "README.md"));
        using var cli = new Cli();
        cli.Write("words.yaml", YamlBlock().Match(text).Groups[1].Value);
        var commands = Command().Matches(text).Select(m => m.Groups[1].Value.Trim()).ToList();
        Assert.True(commands.Count >= 8, $"{commands.Count} commands found");
        var run = "";
        foreach (var command in commands.Where(c => !Elsewhere.Contains(c.Split(' ')[0])))
        {
            var arguments = command.Replace("RUN", run, StringComparison.Ordinal).Split(' ');
            if (arguments[^1].StartsWith("examples/", StringComparison.Ordinal)) arguments[^1] = Path.Combine(Cli.Root, arguments[^1]);
            var answer = await cli.Run(arguments);
            // doctor says with exit 1 that this machine lacks something: that too is an answer.
            Assert.True(answer.ExitCode == 0 || (arguments[0] == "doctor" && answer.ExitCode == 1), $"foreflow {command}\n{answer.Output}{answer.Error}");
            if (arguments[0] == "run") run = (await cli.Run("runs", "--limit", "1", "--output", "json")).Json[0].GetProperty("id").GetString()!;
        }
    }

    [Theory]
    [InlineData("docs/simulation.md")]
    [InlineData("docs/acting-ahead.md")]
    public async Task Every_command_of_a_document_works(string document)
    {
        using var cli = new Cli();
        foreach (Match command in Command().Matches(await File.ReadAllTextAsync(Path.Combine(Cli.Root, document))))
        {
            var arguments = Word().Matches(command.Groups[1].Value).Select(m => m.Value.Trim('\'')).Select(a => a.StartsWith("examples/", StringComparison.Ordinal) ? Path.Combine(Cli.Root, a) : a.Replace("/tmp/", Path.GetTempPath(), StringComparison.Ordinal));
            var answer = await cli.Run([.. arguments]);
            Assert.True(answer.ExitCode == 0, $"foreflow {command.Groups[1].Value}\n{answer.Output}{answer.Error}");
        }
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();

    /// <summary>An argument as the shell reads it: quoted, or without spaces.</summary>
    [GeneratedRegex(@"'[^']*'|\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?:^|`)\./foreflow ([^`\n]+)", RegexOptions.Multiline)]
    private static partial Regex Command();
}
