using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Testing;
using NJsonSchema;

namespace Foreflow.Core.Tests.Workflows;

public class WorkflowSchemaTests(ITestOutputHelper output)
{
    private const int Seed = 77;

    private static readonly string Text = File.ReadAllText(RepositoryFiles.Path("schema", "workflow.schema.json"));
    private static readonly JsonSchema Schema = JsonSchema.FromJsonAsync(Text).GetAwaiter().GetResult();
    private static readonly string Corpus = RepositoryFiles.Path("tests", "Foreflow.Core.Tests", "Workflows", "Corpus");

    // Rules about what values mean to each other, which no schema states.
    private static readonly HashSet<string> BeyondSchema = new(StringComparer.Ordinal)
    {
        "unknown-stage", "unknown-input", "unknown-output", "not-a-need", "cycle", "duplicate", "duplicate-key", "bad-expression", "bad-cron", "bad-trigger", "not-allowed",
        "out-of-range", "bad-duration", "bad-quantity", "bad-rate", "bad-artifact", "empty", "too-large", "too-many", "not-yaml", "templated-run", "merge-key", "bad-text", "too-deep",
    };

    // Scenarios are files of another kind: the simulator's tests read them.
    private static readonly string Scenarios = RepositoryFiles.Path("examples", "simulation");

    public static TheoryData<string> GoodFiles =>
    [
        .. Directory.GetFiles(Path.Combine(Corpus, "good"), "*.yaml")
            .Concat(Directory.GetFiles(RepositoryFiles.Path("examples"), "*.yaml", SearchOption.AllDirectories))
            .Where(f => Path.GetDirectoryName(f) != Scenarios)
            .Select(f => Path.GetRelativePath(RepositoryFiles.Root, f)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(GoodFiles))]
    public void A_good_file_is_good_by_the_schema(string file)
    {
        var bytes = File.ReadAllBytes(RepositoryFiles.Path(file));
        Assert.NotNull(WorkflowReader.Read(bytes).Workflow);
        AssertAccepts(ToJson(File.ReadAllText(RepositoryFiles.Path(file)))!);
    }

    [Fact]
    public void Whatever_the_model_holds_is_good_by_the_schema() => WorkflowGenerator.Any.Sample(
        workflow => AssertAccepts(ToJson(WorkflowWriter.Write(workflow))!), iter: 100);

    [Theory]
    [InlineData("misspelt-keys")]
    [InlineData("names")]
    [InlineData("wrong-types")]
    [InlineData("quantities")]
    [InlineData("durations")]
    [InlineData("templated-run")]
    [InlineData("json-values")]
    [InlineData("empty")]
    [InlineData("list")]
    [InlineData("text")]
    [InlineData("no-stages")]
    [InlineData("nothing-named")]
    public void A_bad_file_is_bad_by_the_schema(string name) =>
        Assert.NotEmpty(Schema.Validate(ToJson(File.ReadAllText(Path.Combine(Corpus, "bad", name + ".yaml")))?.ToJsonString() ?? "null"));

    // Values are swapped, keys taken out and put in, and reader and schema asked about the result.
    [Fact]
    public void Reader_and_schema_agree_on_damaged_structures()
    {
        var random = new Random(Seed);
        var good = Directory.GetFiles(Path.Combine(Corpus, "good"), "*.yaml").Order(StringComparer.Ordinal).Select(f => ToJson(File.ReadAllText(f))!.ToJsonString()).ToArray();
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < 3_000; i++)
        {
            var document = JsonNode.Parse(good[random.Next(good.Length)])!;
            Damage(document, random);
            var json = document.ToJsonString();
            var reading = WorkflowReader.Read(json);
            var faults = Schema.Validate(json);
            if (reading.Workflow is not null)
            {
                accepted++;
                Assert.True(faults.Count == 0, $"the reader accepts what the schema refuses ({string.Join("; ", faults)}):\n{json}");
            }
            else if (faults.Count == 0)
            {
                Assert.True(reading.Diagnostics.All(d => BeyondSchema.Contains(d.Code)), $"the schema accepts what the reader refuses ({string.Join("; ", reading.Diagnostics)}):\n{json}");
            }
            else
            {
                refused++;
            }
        }

        output.WriteLine($"seed {Seed}: {accepted} accepted by both, {refused} refused by both");
        Assert.True(accepted > 200 && refused > 500, $"{accepted} {refused}");
    }

    [Fact]
    public void Every_key_of_the_schema_stands_in_the_file_of_every_key()
    {
        var file = File.ReadAllText(Path.Combine(Corpus, "good", "every-key.yaml"));
        Assert.All(Keys(JsonNode.Parse(Text)!).Distinct(), key => Assert.Contains($"{key}:", file, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_key_of_the_schema_is_described_in_the_guide()
    {
        var guide = File.ReadAllText(RepositoryFiles.Path("docs", "workflow-file.md"));
        Assert.All(Keys(JsonNode.Parse(Text)!).Distinct(), key => Assert.Contains($"`{key}`", guide, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Keys(JsonNode? node)
    {
        if (node is JsonArray array) return array.SelectMany(Keys);
        if (node is not JsonObject all) return [];
        var own = all["properties"] is JsonObject properties ? properties.Select(p => p.Key) : [];
        return own.Concat(all.SelectMany(p => Keys(p.Value)));
    }

    private static void Damage(JsonNode document, Random random)
    {
        var places = new List<(JsonNode Parent, object Key)>();
        Collect(document, places);
        for (var count = 1 + random.Next(2); count > 0; count--)
        {
            var (parent, key) = places[random.Next(places.Count)];
            var value = JsonNode.Parse(Values[random.Next(Values.Length)]);
            switch (parent, random.Next(4))
            {
                case (JsonObject fields, 0):
                    fields.Remove((string)key);
                    break;
                case (JsonObject fields, 1):
                    fields[NewKeys[random.Next(NewKeys.Length)]] = value;
                    break;
                case (JsonObject fields, _):
                    fields[(string)key] = value;
                    break;
                case (JsonArray items, 0) when (int)key < items.Count:
                    items.RemoveAt((int)key);
                    break;
                case (JsonArray items, _) when (int)key < items.Count:
                    items[(int)key] = value;
                    break;
            }
        }
    }

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "5", "1.5", "1000000", "\"\"", "\" \"", "\"x\"", "\"a\"", "\"two words\"", "\"true\"", "\"5m\"", "\"0s\"", "\"1h30m\"", "\"5M\"", "\"5 m\"", "\"m\"", "\"500m\"", "\"256Mi\"",
        "\"256MB\"", "\"-1\"", "\"1e3\"", "\"4\"", "\"100/1m\"", "\"0/1m\"", "\"100/m\"", "\"batch\"", "\"string\"", "\"http\"", "\"timeout\"", "\"../x\"", "\"a/..\"", "\"/x\"", "\"${{ run.id }}\"", "\"${{ item }}\"", "\"${{\"",
        "\"*/5 * * * *\"", "\"UTC\"", "[]", "[\"a\"]", "[\"timeout\"]", "[1]", "[[\"a\"]]", "{}", "{\"a\":1}", "{\"max\":2}", "{\"min\":1}", "{\"run\":\"x\"}", "{\"cpu\":1}", "{\"key\":\"a\"}", "{\"default\":1}", "{\"type\":\"string\"}", "{\"every\":\"1m\"}",
    ];

    private static readonly string[] NewKeys =
    [
        "a", "x-y", "two words", "true", "run", "worker", "handler", "needs", "when", "foreach", "env", "with", "outputs", "artifacts", "resources", "retries", "timeout", "maxWait", "gates", "replicas", "cache", "idempotent",
        "max", "min", "on", "jitter", "factor", "backoff", "maxBackoff", "cpu", "memory", "fixed", "type", "default", "description", "cron", "every", "timezone", "inputs", "priority", "deadline", "FOREFLOW_X", "PORT", "A", "9", "key", "maxAge",
    ];

    private static void Collect(JsonNode? node, List<(JsonNode, object)> places)
    {
        switch (node)
        {
            case JsonObject fields:
                foreach (var (key, value) in fields)
                {
                    places.Add((fields, key));
                    Collect(value, places);
                }

                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    places.Add((items, i));
                    Collect(items[i], places);
                }

                break;
        }
    }

    private static void AssertAccepts(JsonNode json)
    {
        var text = json.ToJsonString();
        var faults = Schema.Validate(text);
        Assert.True(faults.Count == 0, $"{string.Join("; ", faults)}\n{text}");
    }

    // A file as an editor's schema check sees it.
    private static JsonNode? ToJson(string yaml)
    {
        Assert.True(YamlComposer.TryCompose(yaml.TrimStart('\uFEFF'), out var root, out _));
        return root is null ? null : ToJson(root);
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlSequence list => new JsonArray([.. list.Items.Select(ToJson)]),
        YamlMapping mapping => new JsonObject(mapping.Entries.DistinctBy(e => e.Key.Value).Select(e => KeyValuePair.Create(e.Key.Value, ToJson(e.Value)))),
        YamlScalar { Kind: ScalarKind.Null } => null,
        YamlScalar { Kind: ScalarKind.Boolean or ScalarKind.Number } scalar => JsonNode.Parse(scalar.Value.ToLowerInvariant()),
        YamlScalar scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };
}
