using Foreflow.Core.Model;
using Foreflow.Core.Workflows;

namespace Foreflow.Shell.Tests.World;

/// <summary>Workflows of every shape the shell treats differently.</summary>
internal static class Workflows
{
    private static readonly RetryPolicy Patient = RetryPolicy.None with { Max = 4 };

    /// <summary>In an order that the seeds choose from.</summary>
    public static IReadOnlyList<WorkflowDefinition> Quick { get; } =
    [
        Workflow.Create("one").Stage("a", s => s.Run("a").Outputs("by").Retries(3).Timeout(TimeSpan.FromSeconds(30))).Build(),
        Workflow.Create("chain").Stage("a", s => s.Run("a").Outputs("by").Retries(2)).Stage("b", s => s.Run("b").Outputs("by").Needs("a").Retries(2)).Stage("c", s => s.Run("c").Outputs("by").Needs("b").Retries(2)).Build(),
        Workflow.Create("wide").Stage("a", s => s.Run("a").Outputs("by").Retries(3)).Stage("b", s => s.Run("b").Outputs("by").Needs("a").Foreach([1, 2, 3, 4, 5]).Retries(Patient).Timeout(TimeSpan.FromSeconds(40))).Stage("c", s => s.Handler("work").Outputs("by").Needs("b").Retries(3)).Build(),
        Workflow.Create("warm").Stage("a", s => s.Worker(["w"], WorkerProtocol.JsonLines, 2).Outputs("by").Foreach([1, 2, 3, 4]).Retries(Patient).Timeout(TimeSpan.FromSeconds(40))).Stage("b", s => s.Worker(["v"]).Outputs("by").Needs("a").Retries(3).MaxWait(TimeSpan.FromSeconds(2))).Build(),
        Workflow.Create("diamond").Stage("a", s => s.Handler("work").Outputs("by").Retries(3)).Stage("b", s => s.Run("b").Outputs("by").Needs("a").Retries(3)).Stage("c", s => s.Worker(["w"]).Outputs("by").Needs("a").Retries(3)).Stage("d", s => s.Handler("work").Outputs("by").Needs("b", "c").Retries(3)).Build(),
        Workflow.Create("handlers").Stage("a", s => s.Handler("work").Outputs("by").Foreach([1, 2, 3, 4, 5, 6]).Retries(Patient).Timeout(TimeSpan.FromSeconds(20))).Stage("b", s => s.Handler("work").Outputs("by").Needs("a").Retries(3)).Build(),
        Workflow.Create("urgent").Priority(Priority.Critical).Stage("a", s => s.Run("a").Outputs("by").Resources(new Resources(2000, 1 << 30)).Foreach([1, 2, 3]).Retries(Patient)).Build(),
        Workflow.Create("batch").Priority(Priority.Batch).Stage("a", s => s.Run("a").Outputs("by").Resources(new Resources(1000, 1 << 30)).Foreach([1, 2, 3, 4]).Idempotent().Retries(Patient).Timeout(TimeSpan.FromSeconds(60))).Build(),
        Workflow.Create("gated").Gate("db", GateUnits).Stage("a", s => s.Run("a").Outputs("by").Resources(new Resources(200, 1 << 28)).Foreach([1, 2, 3, 4, 5]).Gate("db").Retries(Patient).Timeout(TimeSpan.FromSeconds(20))).Stage("b", s => s.Run("b").Outputs("by").Needs("a").Retries(3)).Build(),
    ];

    /// <summary>What may pass the gate of <c>gated</c> at once.</summary>
    public const int GateUnits = 2;

    /// <summary>Waits longer than an idle grain stays in memory.</summary>
    public static WorkflowDefinition Patience { get; } =
        Workflow.Create("patience").Stage("a", s => s.Run("a").Outputs("by").Retries(RetryPolicy.None with { Max = 5, Backoff = TimeSpan.FromMinutes(14), MaxBackoff = TimeSpan.FromMinutes(14), Jitter = 0 })).Build();
}
