using System.Buffers;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Simulator.Scenarios;

/// <summary>
/// A simulated task writes no output, so what a definition computes from outputs is drawn: the elements of a
/// <c>foreach</c> and the truth of a <c>when</c> become inputs of the run, and the run machine decides by them as it
/// does live. Names, needs, retries, replicas, gates and service levels stay.
/// </summary>
public static class DefinitionRewriting
{
    private static readonly JsonElement Empty = JsonDocument.Parse("{}").RootElement.Clone();

    /// <summary>The definition with drawn fan-outs and conditions.</summary>
    /// <param name="definition">As it is run live.</param>
    /// <param name="fansOut">True for each stage whose number of tasks is drawn.</param>
    /// <param name="branches">True for each stage that runs only in a share of the runs.</param>
    public static WorkflowDefinition Of(WorkflowDefinition definition, IReadOnlyList<bool> fansOut, IReadOnlyList<bool> branches) => definition with
    {
        Stages =
        [
            .. definition.Stages.Select((stage, i) => stage with
            {
                Foreach = fansOut[i] ? Expression.Parse($"inputs.n{i}") : null,
                When = branches[i] ? Expression.Parse($"inputs.w{i}") : null,
                Outputs = [], With = [], Env = [], Artifacts = [], Cache = null,
            }),
        ],
    };

    /// <summary>The inputs of one run.</summary>
    public static JsonElement InputsOf(SimulatedWorkflow workflow, ulong seed)
    {
        ArrayBufferWriter<byte>? buffer = null;
        Utf8JsonWriter? writer = null;
        for (var i = 0; i < workflow.Stages.Length; i++)
        {
            var stage = workflow.Definition.Stages[i];
            if (stage.Foreach is null && stage.When is null) continue;
            if (writer is null)
            {
                writer = new Utf8JsonWriter(buffer = new ArrayBufferWriter<byte>());
                writer.WriteStartObject();
            }

            if (stage.Foreach is not null)
            {
                writer.WriteStartArray($"n{i}");
                for (var n = TasksOf(workflow.Stages[i], seed, i); n > 0; n--) writer.WriteNullValue();
                writer.WriteEndArray();
            }

            if (stage.When is not null) writer.WriteBoolean($"w{i}", Draw.Uniform(seed, (ulong)i, 1) < workflow.Stages[i].Probability);
        }

        if (writer is null) return Empty;
        writer.WriteEndObject();
        writer.Flush();
        writer.Dispose();
        return JsonDocument.Parse(buffer!.WrittenMemory).RootElement.Clone();
    }

    private static int TasksOf(StageModel model, ulong seed, int stage) =>
        model.FanOut is { } fanOut ? (int)Math.Clamp(Math.Round(fanOut.Seconds(Draw.Mix(Draw.Mix(seed, (ulong)stage), 2))), 0, TaskInput.MaxTasks) : 1;
}
