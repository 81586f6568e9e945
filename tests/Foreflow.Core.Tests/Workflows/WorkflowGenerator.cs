using System.Globalization;
using System.Text;
using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;

namespace Foreflow.Core.Tests.Workflows;

/// <summary>Makes workflows that use every part of the model, with texts that are hard to write down.</summary>
internal sealed class WorkflowGenerator
{
    /// <summary>Any good workflow.</summary>
    public static readonly Gen<WorkflowDefinition> Any = Gen.Int.Select(seed => new WorkflowGenerator(seed).Make());

    private static readonly string[] Names =
        ["a", "b-1", "c_2", "split", "yes", "no", "on", "y", "n", "Off", "item", "stages", "e1", "inf", "nan", "x9-_"];

    private static readonly string[] Pieces =
    [
        "a", "Z", "0", " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", ":", ": ", " #", "#", "- ", "-", "?", "|", ">", "'", "\"", "\\", "\\n", "{", "}", "[", "]", ",", "&", "*", "!", "%", "@", "`",
        "~", "null", "true", "1", "0x1F", "1e3", ".5", "---", "...", "<<", "\u0001", "\u007F", "\u0085", "\u00A0", "\u2028", "\uFEFF", "\uFFFD", "é", "日本", "🚀", "$DAY", "${", "$((1))", "text", "=",
    ];

    private readonly Random _random;

    private WorkflowGenerator(int seed) => _random = new Random(seed);

    private WorkflowDefinition Make()
    {
        var builder = Workflow.Create(Pick(Names));
        if (Maybe()) builder.Description(Text());
        var inputs = Distinct(3);
        foreach (var input in inputs) builder.Input(input, Value(3) ?? "x", Maybe() ? Text() : "");
        if (Maybe()) builder.Priority(Pick([Priority.Batch, Priority.Normal, Priority.Critical]));
        if (Maybe()) builder.Deadline(Time());
        if (Maybe()) builder.Cron(Pick(["*/5 * * * *", "0 2 * * 1-5", "*/10 * * * * *", "@daily"]), Pick(["UTC", "Europe/Amsterdam"]));
        if (Maybe()) builder.Every(Time() + TimeSpan.FromSeconds(1));
        builder.Gate("db", 1 + _random.Next(9)).Gate("api.v1", 1 + _random.Next(9), Time() + TimeSpan.FromSeconds(1));

        var stages = Distinct(5);
        if (stages.Length == 0) stages = ["only"];
        for (var i = 0; i < stages.Length; i++)
        {
            var before = stages[..i];
            builder.Stage(stages[i], stage => Fill(stage, before, inputs));
        }

        return builder.Build();
    }

    private void Fill(StageBuilder stage, string[] before, string[] inputs)
    {
        var needs = before.Where(_ => Maybe()).ToArray();
        stage.Needs(needs).Outputs(["out", .. Distinct(2)]);
        var hasEach = Maybe();
        if (hasEach && needs.Length > 0) stage.Foreach($"stages.{needs[0]}.outputs.out");
        else if (hasEach) stage.Foreach([1, "two", Text(), new { three = 3 }]);

        switch (_random.Next(3))
        {
            case 0:
                stage.Run("x" + Text());
                if (Maybe()) stage.Env("DAY", Text()).Env("ITEM_1", hasEach ? "a ${{ item }} b" : "${{ run.id }}");
                if (Maybe()) stage.Replicas(0, 1 + _random.Next(9));
                break;
            case 1:
                stage.Worker(["./server", Text(), "8080", "true"], Pick([WorkerProtocol.Http, WorkerProtocol.JsonLines]), 1 + _random.Next(9));
                if (Maybe()) stage.Env("LEVEL", Text());
                if (Maybe()) stage.Replicas(_random.Next(3), 3 + _random.Next(9), Maybe());
                break;
            default:
                stage.Handler(Pick(["Clean", "Acme.Clean", "true-ish"]));
                break;
        }

        if (Maybe()) stage.With("number", (object)1.5e300).With("text", Text()).With("value", Value(4)!);
        if (Maybe() && inputs.Length > 0) stage.With("input", $"${{{{ inputs.{inputs[0]} }}}}");
        if (Maybe()) stage.When(Pick(["always()", "true", "run.id != 'a''b'", "success() && 1 < 2"]));
        if (Maybe()) stage.Artifacts("out/*.csv", "a b.txt", "*");
        if (Maybe()) stage.Resources(new Resources(_random.Next(5_000), _random.NextInt64(1L << 40), _random.Next(2), _random.Next(2)));
        if (Maybe()) stage.Idempotent();
        if (Maybe()) stage.Timeout(Time());
        if (Maybe()) stage.MaxWait(Time());
        if (Maybe()) stage.Gate("db").Gate("other");
        if (Maybe()) stage.Cache(Maybe() ? "k" + Text() : null, Maybe() ? Time() : null);
        if (Maybe()) stage.Retries(_random.Next(5));
        else if (Maybe()) stage.Retries(Retries());
    }

    private RetryPolicy Retries()
    {
        var backoff = Time();
        return new RetryPolicy
        {
            Max = _random.Next(5),
            Backoff = backoff,
            Factor = 1 + _random.NextDouble(),
            MaxBackoff = backoff + Time(),
            Jitter = _random.NextDouble(),
            On = [.. RetryPolicy.RetryableCauses.Where((_, i) => i == 0 || Maybe())],
            Causes = [.. RetryPolicy.RetryableCauses.Where(_ => _random.Next(6) == 0).Select(cause => new CauseRetries(cause, _random.Next(5), Maybe() ? Time() : null))],
        };
    }

    private object? Value(int depth) => _random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => Text(),
        1 => _random.Next(-5, 1_000_000),
        2 => _random.NextDouble() * Math.Pow(10, _random.Next(-300, 300)),
        3 => Maybe(),
        4 => depth == 3 ? Text() : null,
        5 => new[] { Value(depth - 1), Value(depth - 1) },
        _ => new Dictionary<string, object?>(StringComparer.Ordinal) { [Text()] = Value(depth - 1), ["long" + new string('k', _random.Next(2_000))] = 1 },
    };

    private string Text()
    {
        var text = new StringBuilder();
        for (var count = _random.Next(8); count > 0; count--) text.Append(Pick(Pieces));
        // An expression is started only on purpose.
        return text.Replace("${{", "$ {{").ToString();
    }

    private TimeSpan Time() => TimeSpan.FromTicks(1 + _random.NextInt64((long)Math.Pow(10, _random.Next(1, 15))));

    private string[] Distinct(int most) => [.. Names.OrderBy(_ => _random.Next()).Take(_random.Next(most + 1))];

    private bool Maybe() => _random.Next(2) == 0;

    private T Pick<T>(T[] items) => items[_random.Next(items.Length)];
}
