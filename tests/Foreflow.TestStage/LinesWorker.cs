using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foreflow.TestStage;

/// <summary>A worker over JSON lines. The task's input says how to behave: {"do":"echo"|"error"|"busy"|"garbage"|"huge"|"die"|"hang"|"burn","seconds":1}.</summary>
internal sealed class LinesWorker(string mode)
{
    internal void Run()
    {
        if (mode == "never-ready") Thread.Sleep(Timeout.Infinite);
        if (mode == "dies-at-start") Environment.Exit(9);
        Console.Out.WriteLine("loading …");
        Reply(new() { ["ready"] = true });
        while (Console.In.ReadLine() is { } line)
        {
            var task = JsonNode.Parse(line)!.AsObject();
            if (task["cancel"] is not null)
            {
                if (mode == "cancellable") Reply(new() { ["id"] = task["cancel"]!.DeepClone(), ["error"] = "cancelled" });
                continue;
            }

            var thread = new Thread(() => Answer(task)) { IsBackground = true };
            thread.Start();
        }
    }

    private static void Answer(JsonObject task)
    {
        var id = task["id"]!.DeepClone();
        var input = task["input"] as JsonObject ?? [];
        switch ((string?)input["do"])
        {
            case "error": Reply(new() { ["id"] = id, ["error"] = "no such word" }); break;
            case "busy": Reply(new() { ["id"] = id, ["busy"] = true }); break;
            case "garbage": Write("{\"id\": not json at all"); break;
            case "chatter": Write("a line the author left in"); Reply(new() { ["id"] = id, ["output"] = "after chatter" }); break;
            case "huge": Write("{\"id\":" + id.ToJsonString() + ",\"output\":\"" + new string('x', 3_000_000) + "\"}"); break;
            case "die": Environment.Exit(7); break;
            case "hang": break;
            case "burn": Actions.Do("burn", ((double)input["seconds"]!).ToString(CultureInfo.InvariantCulture)); Reply(new() { ["id"] = id, ["output"] = "burnt" }); break;
            case "allocate": Actions.Do("allocate", ((long)input["bytes"]!).ToString(CultureInfo.InvariantCulture)); Reply(new() { ["id"] = id, ["output"] = "held" }); break;
            case "wrong-id": Reply(new() { ["id"] = "nobody's", ["output"] = 1 }); Reply(new() { ["id"] = id, ["output"] = 2 }); break;
            default: Reply(new() { ["id"] = id, ["output"] = task.DeepClone() }); break;
        }
    }

    private static void Reply(JsonObject reply) => Write(reply.ToJsonString(JsonSerializerOptions.Default));

    private static void Write(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
