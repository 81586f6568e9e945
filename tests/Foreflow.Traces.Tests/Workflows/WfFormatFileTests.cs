using Foreflow.Traces.Workflows;

namespace Foreflow.Traces.Tests.Workflows;

public class WfFormatFileTests
{
    private const string Split = """
        { "name": "w", "schemaVersion": "1.5", "workflow": {
          "specification": {
            "tasks": [
              { "name": "join_ID03", "id": "join_ID03", "parents": ["a_ID01", "a_ID02"], "children": [], "inputFiles": ["x", "y"], "outputFiles": ["z"] },
              { "name": "a_ID01", "id": "a_ID01", "parents": [], "children": ["join_ID03"], "outputFiles": ["x"] },
              { "name": "a_ID02", "id": "a_ID02", "parents": [], "children": ["join_ID03"], "outputFiles": ["y"] }
            ],
            "files": [ { "id": "x", "sizeInBytes": 100 }, { "id": "y", "sizeInBytes": 50 } ]
          },
          "execution": {
            "makespanInSeconds": 30, "executedAt": "2024-01-01T00:00:00Z",
            "machines": [ { "nodeName": "n1", "cpu": { "coreCount": 8 }, "memoryInBytes": 1000 } ],
            "tasks": [
              { "id": "a_ID01", "runtimeInSeconds": 2.5, "command": { "program": "a" }, "avgCPU": 150, "memoryInBytes": 0, "machines": ["n1"] },
              { "id": "a_ID02", "runtimeInSeconds": 4, "command": { "program": "a" }, "coreCount": 2 },
              { "id": "join_ID03", "runtimeInSeconds": 1, "memoryInBytes": 77, "readBytes": 5, "writtenBytes": 6 }
            ]
          } } }
        """;

    private const string Joined = """
        { "name": "w", "schemaVersion": "1.4", "workflow": { "makespanInSeconds": 9, "executedAt": "20200408T154143+0000", "machines": [],
          "tasks": [
            { "name": "split_1", "id": "ID1", "type": "compute", "runtimeInSeconds": 3, "cores": 1, "parents": [], "children": ["work_2"],
              "files": [ { "link": "input", "name": "i", "sizeInBytes": 10 }, { "link": "output", "name": "o", "sizeInBytes": 20 } ] },
            { "name": "work_2", "id": "ID2", "type": "compute", "runtimeInSeconds": 5, "parents": ["split_1"], "children": [], "command": { "program": "work.sh" } }
          ] } }
        """;

    [Fact]
    public void Version_1_5_becomes_an_indexed_graph()
    {
        var history = Read(Split);
        var join = history.Tasks[0];
        Assert.Equal(("w", "1.5", 30.0), (history.Name, history.SchemaVersion, history.MakespanSeconds));
        Assert.Equal([1, 2], join.Parents);
        Assert.Equal([0], history.Tasks[1].Children);
        Assert.Equal([1, 2, 0], history.TopologicalOrder);
        Assert.Equal(("join", "a", "a"), (join.Type, history.Tasks[1].Type, history.Tasks[2].Type));
        Assert.Equal((150, null, 77, 5, 6), (join.InputBytes, join.OutputBytes, join.MemoryBytes, join.ReadBytes, join.WrittenBytes));
        Assert.Equal((1.5, "n1", null), (history.Tasks[1].CpuCores, history.Tasks[1].Machine, history.Tasks[1].MemoryBytes));
        Assert.Equal((1.0, 2.0), (history.Tasks[1].Cores, history.Tasks[2].Cores));
        Assert.Equal(5, history.CriticalPathSeconds);
        Assert.Equal(new WorkflowMachine("n1", 8, 1000), Assert.Single(history.Machines));
    }

    [Fact]
    public void Version_1_4_names_relatives_by_name_and_keeps_files_with_the_task()
    {
        var history = Read(Joined);
        Assert.Equal([0], history.Tasks[1].Parents);
        Assert.Equal((10L, 20L), (history.Tasks[0].InputBytes, history.Tasks[0].OutputBytes));
        Assert.Equal(("split", "work.sh"), (history.Tasks[0].Type, history.Tasks[1].Type));
        Assert.Equal("2020-04-08T15:41:43.000Z", history.ExecutedAt.ToString());
    }

    [Fact]
    public void An_edge_that_only_one_end_knows_is_known_to_both()
    {
        var history = Read(Split.Replace("\"parents\": [\"a_ID01\", \"a_ID02\"]", "\"parents\": [\"a_ID01\"]"));
        Assert.Equal([1, 2], history.Tasks[0].Parents);
        Assert.Contains("1 edges", Assert.Single(history.Notes));
    }

    [Theory]
    [InlineData("{ \"name\": \"w\"", ":1:", "is not JSON; is the file cut short?")]
    [InlineData("[]", "", "an object is needed")]
    [InlineData("{}", "", "has no 'schemaVersion': it is not a WfFormat file")]
    [InlineData("{ \"schemaVersion\": \"0.9\", \"workflow\": {} }", "", "'0.9' is not known; this program reads 1.4, 1.5 and 1.6")]
    [InlineData("{ \"schemaVersion\": \"1.4\", \"workflow\": { \"tasks\": [] } }", "", "has no task")]
    [InlineData("{ \"schemaVersion\": \"1.4\", \"workflow\": { \"tasks\": [ { \"name\": \"a\", \"runtimeInSeconds\": -1 } ] } }", "", "workflow.tasks[0].runtimeInSeconds: is negative: -1")]
    [InlineData("{ \"schemaVersion\": \"1.4\", \"workflow\": { \"tasks\": [ { \"name\": \"a\", \"runtimeInSeconds\": NaN } ] } }", ":1:", "is not JSON")]
    [InlineData("{ \"schemaVersion\": \"1.4\", \"workflow\": { \"tasks\": [ { \"name\": \"a\", \"runtimeInSeconds\": 1e999 } ] } }", "", "workflow.tasks[0].runtimeInSeconds:")]
    [InlineData("{ \"schemaVersion\": \"1.4\", \"workflow\": { \"tasks\": [ { \"name\": \"a\", \"parents\": [\"b\"] } ] } }", "", "workflow.tasks[0]: parents: there is no task 'b'")]
    [InlineData("{ \"schemaVersion\": \"1.4\", \"workflow\": { \"tasks\": [ { \"name\": \"a\" }, { \"name\": \"a\" } ] } }", "", "workflow.tasks[1]: another task has the id 'a' too")]
    [InlineData("{ \"schemaVersion\": \"1.4\", \"workflow\": { \"tasks\": [ { \"name\": \"a\", \"parents\": [\"b\"] }, { \"name\": \"b\", \"parents\": [\"a\"] } ] } }", "", "depend on each other in a circle: 'a'")]
    public void Bad_input_names_file_and_place(string content, string place, string expected)
    {
        using var file = new TemporaryFile(content);
        var message = Assert.Throws<TraceFileException>(() => WfFormatFile.Read(file.Path)).Message;
        Assert.StartsWith(file.Path + place, message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void A_file_beyond_the_limit_is_refused()
    {
        using var file = new TemporaryFile(Split);
        Assert.Contains("larger than 100 bytes", Assert.Throws<TraceFileException>(() => WfFormatFile.Read(file.Path, new FileLimits(100, 100_000))).Message);
    }

    [Fact]
    public void Every_reference_workflow_is_read_as_its_index_says()
    {
        var files = DataFolder.Files("workflows", "*.json.gz").ToDictionary(p => Path.GetFileName(p)[..^3]);
        var rows = File.ReadLines(DataFolder.Files("workflows", "index.csv").Single()).Skip(1).Select(l => l.Split(','));
        foreach (var row in rows)
        {
            var history = WfFormatFile.Read(files[row[1]]);
            Assert.Equal(int.Parse(row[2]), history.Tasks.Length);
            Assert.Equal(int.Parse(row[3]), history.Tasks.Sum(t => t.Children.Length));
            Assert.Equal(double.Parse(row[8]), history.CriticalPathSeconds, 0.06);
            Assert.Equal(double.Parse(row[7]), history.Tasks.Sum(t => t.RuntimeSeconds), 0.06);
            Assert.Equal(int.Parse(row[13]) - int.Parse(row[14]), history.Tasks.Count(t => t.MemoryBytes is not null));
            var types = history.Tasks.Select(t => t.Type).Distinct().Count();
            if (row[0] != "epigenomics") Assert.Equal(int.Parse(row[11]), types);
            else Assert.InRange(types, 8, 9);
        }
    }

    private static WorkflowHistory Read(string content)
    {
        using var file = new TemporaryFile(content);
        return WfFormatFile.Read(file.Path);
    }
}
