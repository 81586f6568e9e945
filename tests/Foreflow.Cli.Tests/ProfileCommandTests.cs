using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Testing;

namespace Foreflow.Cli.Tests;

/// <summary>Profiles of made-up attempts, shown, exported and imported in this process.</summary>
public sealed class ProfileCommandTests : IDisposable
{
    private static readonly Instant Start = Instant.FromUnixSeconds(1_700_000_000);

    private readonly string _folder = Directory.CreateTempSubdirectory("foreflow-profile-").FullName;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("profile-stages.txt")]
    [InlineData("profile-stages.json", "--output", "json")]
    [InlineData("profile-stages.csv", "--output", "csv")]
    [InlineData("profile-stage.txt", "count")]
    [InlineData("profile-stage.json", "count", "-o", "json")]
    public async Task Profiles_are_shown_in_each_form(string golden, params string[] more)
    {
        await Add(Data, MadeUp());
        var run = Show([.. more]);
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        GoldenFile.Compare(Golden(golden), run.Output);
    }

    [Theory]
    [InlineData(120, true, "profile-stage-120.txt")]
    [InlineData(80, true, "profile-stage-80.txt")]
    [InlineData(40, true, "profile-stage-40.txt")]
    [InlineData(60, false, "profile-stages-60.txt")]
    public void A_narrow_terminal_shows_the_columns_that_matter_most_and_says_which_it_leaves_out(int width, bool inDetail, string golden)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var profiles = ProfileShelf.Together(MadeUp()).Where(p => !inDetail || p.Stage.Name == "count").ToList();
        ProfileReports.Print(output, profiles, inDetail, ReportFormat.Table, width);
        var rows = output.ToString().Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal) && !l.Contains(':', StringComparison.Ordinal) && !l.Contains(" waits for ", StringComparison.Ordinal));
        Assert.All(rows, line => Assert.True(line.TrimEnd().Length <= width, line));
        GoldenFile.Compare(Golden(golden), output.ToString());
    }

    [Fact]
    public async Task What_is_exported_comes_back_whole_and_once()
    {
        await Add(Data, MadeUp());
        var file = Path.Combine(_folder, "nightly.profiles.json");
        var other = Path.Combine(_folder, "other");
        Assert.Equal(0, CommandRun.Of(ProfileCommand.Build(), "export", "nightly", file, "--data", Data).ExitCode);
        Assert.Equal("4 profiles added\n", CommandRun.Of(ProfileCommand.Build(), "import", file, "--data", other).Output);
        Assert.Equal(Show("-o", "json").Output, CommandRun.Of(ProfileCommand.Build(), "nightly", "--data", other, "-o", "json").Output);

        File.Copy(file, file + ".copy");
        Assert.StartsWith("nothing added", CommandRun.Of(ProfileCommand.Build(), "import", file + ".copy", "--data", other).Output, StringComparison.Ordinal);
        Assert.Equal(Show("-o", "json").Output, CommandRun.Of(ProfileCommand.Build(), "nightly", "--data", other, "-o", "json").Output);
    }

    [Fact]
    public async Task Imported_profiles_are_added_to_what_is_known()
    {
        await Add(Data, MadeUp());
        var file = Path.Combine(_folder, "more.json");
        File.WriteAllText(file, ProfileFile.Write([new ShelvedProfile(new StageId("nightly", "count"), "big", Profile(10, seed: 9, slow: 1))]));
        Assert.Equal(0, CommandRun.Of(ProfileCommand.Build(), "import", file, "--data", Data).ExitCode);
        var shown = JsonDocument.Parse(Show("count", "-o", "json").Output).RootElement.EnumerateArray().ToDictionary(p => p.GetProperty("nodeClass").GetString()!, p => p.GetProperty("attempts").GetInt32());
        Assert.Equal((110, 70, 40), (shown["*"], shown["big"], shown["default"]));
    }

    [Theory]
    [InlineData("{\"format\":\"other\"}", "no file of profiles")]
    [InlineData("{\"format\":\"foreflow-profiles\",\"version\":9}", "version 9")]
    [InlineData("{\"format\":\"foreflow-profiles\",\"version\":1,\"profiles\":[{\"workflow\":\"w\"}]}", "profiles[0]")]
    [InlineData("{\"format\":\"foreflow-profiles\",\"version\":1,\"profiles\":[{\"workflow\":\"w\",\"stage\":\"s\",\"nodeClass\":\"\",\"profile\":\"AAAA\"}]}", "profiles[0] (w/s)")]
    [InlineData("{\"format\":", ":1:11: is not JSON")]
    [InlineData("", "is not JSON")]
    public void A_file_that_holds_no_profiles_is_refused_with_its_place(string text, string place)
    {
        var file = Path.Combine(_folder, "bad.json");
        File.WriteAllText(file, text);
        var error = Assert.Throws<UserErrorException>(() => CommandRun.Of(ProfileCommand.Build(), "import", file, "--data", Data));
        Assert.Contains("bad.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task What_is_not_known_is_said_with_what_is()
    {
        await Add(Data, MadeUp());
        Assert.Contains("nothing is known of workflow 'daily'", Refused("daily"), StringComparison.Ordinal);
        Assert.Contains("there are count, split", Refused("nightly", "merge"), StringComparison.Ordinal);
        string Refused(params string[] arguments) => Assert.Throws<UserErrorException>(() => CommandRun.Of(ProfileCommand.Build(), [.. arguments, "--data", Data])).Message;
    }

    [Fact]
    public async Task A_profile_that_cannot_be_read_is_told_and_the_others_are_shown()
    {
        await Add(Data, MadeUp());
        await using (var storage = await DataFolder.OpenAsync(Data))
            await storage.Profiles.MergeAsync([new(new("nightly", "broken", "default"), new byte[] { 1, 2, 3 })], (_, _, incoming) => incoming, TestContext.Current.CancellationToken);
        var run = Show();
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("nightly/broken cannot be read", run.Error, StringComparison.Ordinal);
        Assert.Contains("nightly/count", run.Output, StringComparison.Ordinal);
    }

    private CommandRun Show(params string[] more) => CommandRun.Of(ProfileCommand.Build(), ["nightly", .. more, "--data", Data]);

    private static string Golden(string name) => RepositoryFiles.Path("tests", "Foreflow.Cli.Tests", "Golden", name);

    private static async Task Add(string folder, IReadOnlyList<ShelvedProfile> profiles)
    {
        await using var storage = await DataFolder.OpenAsync(folder);
        await ProfileShelf.AddOnceAsync(storage.Profiles, "made-up", profiles, CancellationToken.None);
    }

    /// <summary>One stage on two classes of nodes, fanned out after one that ran on a single class.</summary>
    private static IReadOnlyList<ShelvedProfile> MadeUp()
    {
        var (count, split) = (new StageId("nightly", "count"), new StageId("nightly", "split"));
        var apart = new StageProfile();
        for (var run = 0; run < 20; run++)
        {
            apart.RecordFanOut(4 + (run % 3), Start + TimeSpan.FromMinutes(run));
            apart.RecordBranch(run % 5 != 4, Start + TimeSpan.FromMinutes(run));
            apart.RecordReleasedBy("split", TimeSpan.FromSeconds(5 + (run % 4)), Start + TimeSpan.FromMinutes(run));
        }

        return
        [
            new(count, "", apart), new(count, "big", Profile(60, seed: 1, slow: 1)), new(count, "default", Profile(40, seed: 2, slow: 3)), new(split, "default", Profile(20, seed: 3, slow: 0.1)),
        ];
    }

    private static StageProfile Profile(int attempts, int seed, double slow)
    {
        var random = new Random(seed);
        var profile = new StageProfile();
        for (var i = 0; i < attempts; i++)
        {
            var input = (long)(1e6 * Math.Exp(3 * random.NextDouble()));
            var seconds = slow * input * 1e-6 * (0.9 + (0.2 * random.NextDouble()));
            profile.Record(new AttemptRecord(
                Start + TimeSpan.FromMinutes(i),
                i % 20 == 19 ? AttemptCause.OutOfMemory : AttemptCause.Succeeded,
                new AttemptUsage
                {
                    WallTime = TimeSpan.FromSeconds(seconds),
                    CpuSeconds = seconds * 0.8,
                    CpuPeakCores = 1.2,
                    MemoryMeanBytes = 80e6 + input,
                    MemoryPeakBytes = 100_000_000 + (2 * input),
                    DiskReadBytes = input,
                    DiskWriteBytes = input / 4,
                    DiskPeakBytesPerSecond = 2e6,
                    InputBytes = input,
                },
                StartUp: TimeSpan.FromMilliseconds(20 + random.Next(10)),
                Queue: TimeSpan.FromMilliseconds(random.Next(400)),
                Granted: new Resources(1000, 400_000_000)));
        }

        return profile;
    }
}
