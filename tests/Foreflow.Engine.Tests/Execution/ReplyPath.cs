using System.Net;
using System.Text;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Workflows;
using Foreflow.Engine.Execution;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Execution.Workers;
using Foreflow.Engine.Runs;
using Foreflow.Testing;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>
/// The whole way of a worker's reply, without a process: read from a line or an HTTP response, judged, folded into a
/// run as an event that is written and read back, and given on to the tasks of the stage behind.
/// </summary>
internal sealed class ReplyPath : IDisposable
{
    private const int MaxOutputBytes = 64 * 1024, MostTasks = 20;
    private const string Asked = "run/first[0]#1";

    private static readonly Instant At = new(17_672_256_000_000_000);

    /// <summary>Replies of every kind the protocols know, good and bad. The first are taken and go deepest: they weigh more.</summary>
    private static readonly byte[][] Replies =
    [
        .. Enumerable.Repeat(
            new[]
            {
                """{"id":"ASKED","output":{"list":[1,2,3],"name":"x"}}""", """{"id":"ASKED","output":{"name":"ä\u00e9\ud83d\ude00","list":[{"a":[],"b":"\n"},null,true,-1.50e3,"x\"y"]}}""",
                """{"output":{"list":["a","b"],"name":{"deep":{"er":[[[1]]]}}},"id":"ASKED"}""", """{"list":[1,{"k":"v"},""],"name":"body"}""", """{ "name" : [ "日" ] , "list" : [ [ 1 ] , 2 ] , "more" : 3 }""",
            }.Select(reply => Encoding.UTF8.GetBytes(reply.Replace("ASKED", Asked, StringComparison.Ordinal))),
            8).SelectMany(replies => replies),
        .. new[]
        {
            """{"ready":true}""", """{"id":"ASKED","output":{"list":[1,2,3],"name":"x"}}""", """{"id":"ASKED","output":{"name":"ä\u00e9\ud83d\ude00","list":[{"a":[]},null,true]}}""",
            """{"output":{"list":["a","b"],"name":{"deep":{"er":[[[1]]]}}},"id":"ASKED"}""", """{"id":"ASKED","error":"no such file"}""", """{"id":"ASKED","error":{"code":7}}""",
            """{"id":"ASKED","busy":true}""", """{"id":"ASKED","output":null}""", """{"id":"ASKED"}""", """{"id":"ASKED","output":{"list":[],"name":1e308}}""",
            """{"id":"somebody else","output":{}}""", "{\"id\":7,\"output\":{}}", "progress: 10 %", "{not an answer", "\t {\"id\" : \"ASKED\" , \"output\" : { \"list\" : [ -0.0 ], \"name\" : \"\" } } \r",
            """{"id":"run\/first[0]\u00231","output":{"list":[1],"name":2}}""", """{"error":"the database is away"}""", """{"list":[1,2],"name":"body"}""", "[1,2,3]", "", "null", "<html>502</html>",
            """{"id":"ASKED","output":{"list":[1],"list":[2],"name":3}}""", "{\"id\":\"ASKED\",\"output\":{\"list\":" + new string('[', 70) + new string(']', 70) + ",\"name\":0}}",
        }.Select(reply => Encoding.UTF8.GetBytes(reply.Replace("ASKED", Asked, StringComparison.Ordinal))),
    ];

    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", ":", ",", "\\", "\\\"", "\\u", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\n", "\n", "\r\n", "\0", "\uFEFF", "\u2028", "é", "日", "🚀",
            "\"id\":", "\"output\":", "\"error\":", "\"busy\":", "\"ready\":", "\"list\":", "\"name\":", $"\"{Asked}\"", "null", "true", "false", "-0", "1e400", "1e-400", "99999999999999999999",
            "0x1", "NaN", "Infinity", "//", "/* */", "{\"a\":", "[[[[[[[[[[[[[[[[", "\"\\ud800\":1,", "\"id\":\"\\ud800\",", "'", "$", "${{ item }}", "\u0007", "\u001b[31m",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF0, 0x9F],
    ];

    private static readonly WorkflowDefinition Definition = Workflow.Create("replies")
        .Stage("first", s => s.Worker(["w"], Core.Workflows.WorkerProtocol.JsonLines).Outputs("list", "name"))
        .Stage("second", s => s.Run("cat").Needs("first").Foreach("${{ stages.first.outputs.list }}")
            .With("item", "${{ item }}").With("words", "${{ stages.first.outputs.name }}: ${{ item }}").Env("NAME", "${{ stages.first.outputs.name }}").Retries(0))
        .Build();

    private readonly FileMutator _mutator;
    private readonly JsonMaker _maker;
    private int _count;
    private readonly JsonLinesWorkerChannel _lines;

    public ReplyPath(int seed)
    {
        (_mutator, _maker) = (new FileMutator(Replies, Tokens, seed), new JsonMaker(seed));
        // Nothing is kept of what is printed: nothing is to be left on the disk.
        _lines = new JsonLinesWorkerChannel(new CapturedOutput("/dev/null", 0, 1024), MaxOutputBytes);
        _lines.Connect(_ => Task.FromResult(true), () => { });
    }

    /// <summary>How replies were taken, by cause.</summary>
    public SortedDictionary<AttemptCause, int> Causes { get; } = [];

    /// <summary>A damaged reply, or in turn one that is well formed and odd.</summary>
    public byte[] Next() => (_count++ % 4) switch
    {
        0 => Encoding.UTF8.GetBytes(_maker.Object(["list"], ["name"])),
        1 => Encoding.UTF8.GetBytes($"{{\"id\":\"{Asked}\",\"output\":{_maker.Object(["list"], ["name"])}}}"),
        _ => _mutator.Next(),
    };

    /// <summary>Sends a reply all the way, once as a line and once as the body of a response.</summary>
    public async Task Take(byte[] reply)
    {
        var asking = _lines.AskAsync(Asked, ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        _lines.Append(reply);
        // Whatever that was, an answer that is in order comes after it: the first that says anything stands.
        _lines.Append(Encoding.UTF8.GetBytes($"\n{{\"id\":\"{Asked}\",\"busy\":true}}\n"));
        Conclude(await asking);
        Conclude(HttpWorkerChannel.AnswerOf(reply.Length % 3 == 0 ? HttpStatusCode.InternalServerError : HttpStatusCode.OK, reply));
    }

    public void Dispose() => _lines.Dispose();

    private void Conclude(WorkerAnswer answer)
    {
        var (cause, words, json) = WorkerAttempt.Meaning(answer, Definition.Stages[0].Outputs, MaxOutputBytes);
        Causes[cause] = Causes.GetValueOrDefault(cause) + 1;
        if (words.Length > 2 * WorkerAnswer.ShownCharacters) throw new InvalidOperationException($"{words.Length} characters are told of one answer");
        var run = new RunState(new RunId("run"), Definition);
        var commands = new List<RunCommand>();
        Fold(new RunAccepted(At, Definition.Name, Definition.Version, JsonElement.Parse("{}")));
        Fold(new AttemptStarted(At, 0, 0, 1, "node"));
        Fold(new AttemptFinished(At, 0, 0, 1, cause, json, Error: cause == AttemptCause.Succeeded ? null : words));
        _ = RunViews.Of(run);
        for (var task = 0; task < Math.Min(run.Stages[1].TaskCount, MostTasks); task++) GiveOn(run, task);

        void Fold(RunEvent happened)
        {
            var bytes = RunJson.Write(happened);
            var read = RunJson.Read(bytes);
            if (!RunJson.Write(read).Span.SequenceEqual(bytes.Span)) throw new InvalidOperationException($"{happened} does not read back as it was");
            RunMachine.Handle(run, read, commands);
        }
    }

    private static void GiveOn(RunState run, int task)
    {
        var (stage, scope) = (Definition.Stages[1], run.Scope(1, task));
        if (!TaskInput.TryCompose(Definition, stage, scope, out var input, out _)) return;
        _ = TaskInput.TryEnvironment(stage, scope, out _, out _);
        var order = new WorkerTask { Attempt = new AttemptId(new TaskId(run.Id, stage.Name, task), 1), InputJson = input };
        var message = TaskMessage.Write("id", order);
        if (message.Span[..^1].Contains((byte)'\n')) throw new InvalidOperationException("a task takes more than one line");
    }
}
