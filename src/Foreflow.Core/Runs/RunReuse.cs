using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Runs;

/// <summary>
/// What a rerun takes over from a run that is over: the outputs of the stages that succeeded and that nothing before them
/// makes doubtful. Everything else is decided and run anew.
/// </summary>
public static class RunReuse
{
    /// <summary>Outputs by stage name.</summary>
    /// <param name="earlier">The run that is over.</param>
    /// <param name="from">Position of a stage that is to run anew, with all that come after it; null to run anew only what did not succeed.</param>
    public static ImmutableDictionary<string, JsonElement> Of(RunState earlier, int? from)
    {
        var stands = new bool[earlier.Stages.Count];
        var reused = ImmutableDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        foreach (var s in earlier.Definition.Graph.TopologicalOrder)
        {
            var stage = earlier.Stages[s];
            stands[s] = s != from && stage.Phase is (StagePhase.Succeeded or StagePhase.Skipped) && earlier.Definition.Graph.Parents[s].All(p => stands[p]);
            // One that was skipped is decided again, by the same outputs, and skipped again.
            if (stands[s] && stage.Phase == StagePhase.Succeeded)
                reused[earlier.Definition.Stages[s].Name] = stage.Outputs.ValueKind == JsonValueKind.Undefined ? Json.Object([]) : stage.Outputs;
        }

        return reused.ToImmutable();
    }
}
