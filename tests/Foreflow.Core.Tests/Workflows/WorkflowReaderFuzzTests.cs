using System.Text;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Testing;

namespace Foreflow.Core.Tests.Workflows;

public class WorkflowReaderFuzzTests(ITestOutputHelper output)
{
    private const int Mutations = 100_000;
    private const int Seed = 20_261_124;

    [Fact]
    public void No_damaged_file_makes_the_reader_throw()
    {
        // Good files weigh more: damage that leaves a file good, or nearly so, goes deepest.
        var files = Corpus("good").SelectMany(f => Enumerable.Repeat(f, 10)).Concat(Corpus("bad")).ToArray();
        var mutator = new FileMutator(files, WorkflowTokens.All, Seed);
        var good = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var file = mutator.Next();
            try
            {
                var reading = WorkflowReader.Read(file);
                Check(reading);
                if (reading.Workflow is not null) good++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, mutation {i}: {e}\n{Encoding.UTF8.GetString(file)}");
            }
        }

        output.WriteLine($"{Mutations} damaged files, {good} still good, seed {Seed}");
        Assert.InRange(good, Mutations / 20, Mutations / 2);
    }

    private static IEnumerable<byte[]> Corpus(string folder) =>
        Directory.GetFiles(RepositoryFiles.Path("tests", "Foreflow.Core.Tests", "Workflows", "Corpus", folder), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    // What is refused says why, at a place; what is taken has no error, and its canonical text reads back equal.
    internal static void Check(WorkflowReading reading)
    {
        Assert.Equal(reading.Workflow is null, reading.Diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error));
        Assert.All(reading.Diagnostics, d => Assert.True(d is { Line: >= 1, Column: >= 1, Message.Length: > 0 }));
        if (reading.Workflow is { } workflow) Assert.Equal(workflow, WorkflowReader.Read(WorkflowWriter.Write(workflow)).Workflow);
    }
}
