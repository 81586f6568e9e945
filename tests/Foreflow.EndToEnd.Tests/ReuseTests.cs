namespace Foreflow.EndToEnd.Tests;

/// <summary>What was done once is not done again: by a rerun, and by the cache of results.</summary>
public class ReuseTests
{
    [Fact]
    public async Task A_rerun_keeps_outputs_and_files_of_what_succeeded()
    {
        using var cli = new Cli();
        cli.Write("two.yaml", """
            name: two
            inputs: { folder: { type: string } }
            stages:
              first:
                env: { FOLDER: "${{ inputs.folder }}" }
                run: |
                  echo once >> "$FOLDER/first"; echo file > "$FOREFLOW_WORK_DIR/left"
                  printf '{"value":42}' > "$FOREFLOW_OUTPUT"
                outputs: [ value ]
              second:
                needs: [ first ]
                env: { FOLDER: "${{ inputs.folder }}", VALUE: "${{ stages.first.outputs.value }}" }
                run: test -e "$FOLDER/mended" && cat "$FOREFLOW_WORK_DIR/left" && echo "$VALUE" > "$FOLDER/second"
            """);
        var failed = await cli.Run("run", "two.yaml", "-i", $"folder={cli.Folder}", "--output", "json");
        Assert.Equal(1, failed.ExitCode);
        var id = failed.Json.GetProperty("run").GetString()!;
        cli.Write("mended", "");

        var rerun = await cli.Run("runs", "rerun", id, "--output", "json");

        Assert.True(rerun.ExitCode == 0, rerun.Error + rerun.Output);
        Assert.Equal(id, rerun.Json.GetProperty("rerunOf").GetString());
        Assert.Equal("reused", rerun.Json.GetProperty("stages")[0].GetProperty("state").GetString());
        Assert.Equal(["once"], File.ReadAllLines(Path.Combine(cli.Folder, "first")));
        Assert.Equal("42", File.ReadAllText(Path.Combine(cli.Folder, "second")).Trim());

        var again = rerun.Json.GetProperty("run").GetString()!;
        Assert.Equal(2, (await cli.Run("runs", "rerun", again)).ExitCode);
        Assert.Equal(2, (await cli.Run("runs", "rerun", again, "--from", "nowhere")).ExitCode);
        Assert.Equal(0, (await cli.Run("runs", "rerun", again, "--from", "first")).ExitCode);
        Assert.Equal(["once", "once"], File.ReadAllLines(Path.Combine(cli.Folder, "first")));
    }

    [Fact]
    public async Task A_cached_result_is_used_again_until_command_input_or_code_change_and_whatever_is_granted()
    {
        using var cli = new Cli();
        cli.Write("code.sh", "echo 1\n");
        const string Text = """
            name: cached
            inputs: { folder: { type: string }, day: { type: string, default: monday } }
            stages:
              only:
                cache: true
                resources: { memory: 64Mi }
                env: { FOLDER: "${{ inputs.folder }}", DAY: "${{ inputs.day }}" }
                run: |
                  echo "$DAY" >> "$FOLDER/ran"
                  printf '{"value":%s}' "$(sh ./code.sh)" > "$FOREFLOW_OUTPUT"
                outputs: [ value ]
              after:
                needs: [ only ]
                env: { FOLDER: "${{ inputs.folder }}", VALUE: "${{ stages.only.outputs.value }}" }
                run: echo "$VALUE" >> "$FOLDER/after"
            """;
        cli.Write("cached.yaml", Text);
        Assert.Equal("Succeeded", await CauseAsync("monday"));
        Assert.Equal("Cached", await CauseAsync("monday"));
        Assert.Equal("Succeeded", await CauseAsync("tuesday"));
        cli.Write("cached.yaml", Text.Replace("64Mi", "128Mi", StringComparison.Ordinal));
        Assert.Equal("Cached", await CauseAsync("tuesday"));
        cli.Write("code.sh", "echo 2\n");
        Assert.Equal("Succeeded", await CauseAsync("tuesday"));
        cli.Write("cached.yaml", Text.Replace("cache: true", "cache: { maxAge: 1ms }", StringComparison.Ordinal));
        Assert.Equal("Succeeded", await CauseAsync("tuesday"));
        Assert.Equal(["1", "1", "1", "1", "2", "2"], File.ReadAllLines(Path.Combine(cli.Folder, "after")));
        Assert.Equal(["monday", "tuesday", "tuesday", "tuesday"], File.ReadAllLines(Path.Combine(cli.Folder, "ran")));

        async Task<string> CauseAsync(string day)
        {
            var answer = await cli.Run("run", "cached.yaml", "-i", $"folder={cli.Folder}", "-i", $"day={day}", "--output", "json");
            Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
            return answer.Json.GetProperty("stages")[0].GetProperty("attempts")[0].GetProperty("cause").GetString()!;
        }
    }
}
