namespace Foreflow.EndToEnd.Tests;

public class SizingTests
{
    /// <summary>Holds a text of 60 MB in the shell itself.</summary>
    private const string Hungry = """
        name: hungry
        stages:
          big:
            run: "text=$(head -c 60000000 /dev/zero | tr '\\0' a); echo ${#text}"
            resources: { memory: 48Mi }
          small:
            run: sleep 1; echo "$FOREFLOW_MEMORY_BYTES"
            resources: { memory: 64Mi }
        """;

    [Fact]
    public async Task A_stage_over_its_limit_is_killed_told_apart_and_tried_again_bigger_while_its_neighbour_goes_on()
    {
        using var cli = new Cli();
        var doctor = (await cli.Run("doctor", "--output", "json")).Json;
        if (!doctor.EnumerateArray().Any(f => f.GetProperty("name").GetString() == "memory limit" && f.GetProperty("state").GetString() == "enforced"))
            Assert.Skip("this host does not enforce memory limits");
        cli.Write("hungry.yaml", Hungry);
        var answer = await cli.Run("run", "hungry.yaml", "--output", "json");
        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
        var causes = answer.Json.GetProperty("stages")[0].GetProperty("attempts").EnumerateArray().Select(a => a.GetProperty("cause").GetString()).ToList();
        Assert.Equal("OutOfMemory", causes[0]);
        Assert.Equal("Succeeded", causes[^1]);
        Assert.Equal("Succeeded", Assert.Single(answer.Json.GetProperty("stages")[1].GetProperty("attempts").EnumerateArray().ToList()).GetProperty("cause").GetString());
    }
}
