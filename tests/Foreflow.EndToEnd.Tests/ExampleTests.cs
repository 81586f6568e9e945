using System.Text.Json;

namespace Foreflow.EndToEnd.Tests;

/// <summary>The small examples do what their READMEs say.</summary>
public class ExampleTests
{
    [Fact]
    public async Task Hello_greets_whomever_it_is_told_to()
    {
        using var cli = new Cli();
        var run = await Example(cli, "hello", 0, "-i", """who=a "quoted" \ name""");
        Assert.Contains("""Hello, a "quoted" \ name!""", await Logs(cli, run, "show"));
    }

    [Fact]
    public async Task Word_count_counts_every_word_of_its_text()
    {
        using var cli = new Cli();
        var run = await Example(cli, "word-count", 0, "-i", "parts=7");
        Assert.Equal(7, Stage(run, "count").GetProperty("attempts").GetArrayLength());
        var text = await File.ReadAllTextAsync(Path.Combine(Cli.Root, "examples", "word-count", "text.txt"));
        var words = string.Concat(text.Select(c => char.IsAsciiLetter(c) ? c : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        var said = await Logs(cli, run, "merge");
        Assert.Contains($"{words} words; the most frequent:", said);
        Assert.Contains("44 the", said);
    }

    [Fact]
    public async Task Flaky_succeeds_at_its_third_attempt()
    {
        using var cli = new Cli();
        var run = await Example(cli, "flaky", 0);
        Assert.Equal(3, Stage(run, "fetch").GetProperty("attempts").GetArrayLength());
        Assert.Equal(["succeeded", "succeeded", "skipped", "succeeded"], States(run));
    }

    [Fact]
    public async Task Flaky_that_never_succeeds_raises_the_alarm_and_tidies_up()
    {
        using var cli = new Cli();
        var run = await Example(cli, "flaky", 1, "-i", "succeed_at=9");
        Assert.Equal(4, Stage(run, "fetch").GetProperty("attempts").GetArrayLength());
        Assert.Equal(["failed", "blocked", "succeeded", "succeeded"], States(run));
    }

    private static async Task<JsonElement> Example(Cli cli, string name, int exitCode, params string[] arguments)
    {
        var answer = await cli.Run(["run", Path.Combine(Cli.Root, "examples", name, $"{name}.yaml"), "--output", "json", .. arguments]);
        Assert.True(answer.ExitCode == exitCode, $"exit code {answer.ExitCode}\n{answer.Output}{answer.Error}");
        return answer.Json;
    }

    private static async Task<string> Logs(Cli cli, JsonElement run, string stage)
    {
        var logs = await cli.Run("logs", run.GetProperty("run").GetString()!, stage, "--output", "json");
        return string.Join('\n', logs.Json.EnumerateArray().Select(l => l.GetProperty("text").GetString()));
    }

    private static JsonElement Stage(JsonElement run, string name) =>
        run.GetProperty("stages").EnumerateArray().Single(s => s.GetProperty("name").GetString() == name);

    private static IEnumerable<string?> States(JsonElement run) =>
        run.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("state").GetString());
}
