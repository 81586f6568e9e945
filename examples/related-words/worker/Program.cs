using System.Text.Json;
using RelatedWords;

// A worker over JSON lines: says that it is ready once the index is built, then answers a task a line.
var index = SemanticIndex.Build(DictionaryFile.Read(args[0]));
Console.Out.WriteLine("""{"ready":true}""");
Console.Out.Flush();
while (Console.In.ReadLine() is { } line)
{
    using var task = JsonDocument.Parse(line);
    var id = task.RootElement.GetProperty("id").Clone();
    if (!task.RootElement.TryGetProperty("input", out var input) || !input.TryGetProperty("questions", out var questions))
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(new { id, error = "the input has no questions" }));
        continue;
    }

    var answers = questions.EnumerateArray().Select(q => new { question = q.GetString(), entries = index.Closest(q.GetString()!, 5) });
    Console.Out.WriteLine(JsonSerializer.Serialize(new { id, output = new { answers } }));
    Console.Out.Flush();
}
