using System.Text;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Testing;

namespace Foreflow.Core.Tests.Workflows;

public class WorkflowReaderTests
{
    private static readonly string Corpus = RepositoryFiles.Path("tests", "Foreflow.Core.Tests", "Workflows", "Corpus");

    public static TheoryData<string> Good => Files("good");

    public static TheoryData<string> Bad => Files("bad");

    [Theory]
    [MemberData(nameof(Good))]
    public void A_good_file_is_read_without_a_word(string name)
    {
        var reading = WorkflowReader.Read(File.ReadAllBytes(Path.Combine(Corpus, "good", name)));
        Assert.Empty(reading.Diagnostics);
        Assert.Equal(Path.GetFileNameWithoutExtension(name), reading.Workflow!.Name);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_file_is_told_every_fault_with_its_place(string name)
    {
        var reading = WorkflowReader.Read(File.ReadAllBytes(Path.Combine(Corpus, "bad", name)));
        Assert.Null(reading.Workflow);
        var said = string.Concat(reading.Diagnostics.Select(d => d.ToString(name) + "\n"));
        GoldenFile.Compare(Path.Combine(Corpus, "bad", Path.ChangeExtension(name, ".expected")), said);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void The_canonical_text_reads_back_as_the_same_definition(string name)
    {
        var workflow = WorkflowReader.Read(File.ReadAllBytes(Path.Combine(Corpus, "good", name))).Workflow!;
        var text = WorkflowWriter.Write(workflow);
        var again = WorkflowReader.Read(text);
        Assert.Empty(again.Diagnostics);
        Assert.Equal(workflow, again.Workflow);
        Assert.Equal(text, WorkflowWriter.Write(again.Workflow!));
    }

    [Fact]
    public void A_file_of_ten_megabytes_is_refused_with_the_limit()
    {
        var reading = WorkflowReader.Read(new byte[10 << 20]);
        Assert.Contains("4,194,304", Assert.Single(reading.Diagnostics).Message, StringComparison.Ordinal);
    }

    private static TheoryData<string> Files(string folder) =>
        [.. Directory.GetFiles(Path.Combine(Corpus, folder), "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
}
