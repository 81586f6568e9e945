using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Workflows;

namespace Foreflow.Engine;

/// <summary>What a host asks of the engine.</summary>
public sealed class EngineClient(IGrainFactory grains, DefinitionCache definitions, TimeProvider time)
{
    /// <summary>Time now, by the engine's clock.</summary>
    public Instant Now => Instant.From(time.GetUtcNow());

    /// <summary>Accepts a run; when this returns, it survives any crash.</summary>
    /// <param name="definition">The workflow.</param>
    /// <param name="inputs">A value for every input, see <see cref="InputBinding"/>.</param>
    /// <param name="folder">Folder its commands start in.</param>
    public async ValueTask<RunId> SubmitAsync(WorkflowDefinition definition, ImmutableDictionary<string, JsonElement> inputs, string? folder)
    {
        await definitions.AddAsync(definition, Now);
        var id = RunIds.New(time.GetUtcNow());
        await grains.GetGrain<IRunGrain>(id.Value).Accept(new AcceptRun(definition.Name, definition.Version, ToText(inputs), folder));
        return id;
    }

    /// <summary>Makes a run anew that is over: with the same definition and inputs, and the outputs of the stages that stand.</summary>
    /// <param name="earlier">The run.</param>
    /// <param name="from">Position of a stage to run anew with all after it; null: what did not succeed.</param>
    /// <param name="prepare">Told the new run's id before anything of it starts.</param>
    public async ValueTask<RunId> RerunAsync(RunState earlier, int? from, Action<RunId> prepare)
    {
        var id = RunIds.New(time.GetUtcNow());
        prepare(id);
        var (inputs, reused) = (ToText(earlier.Inputs), ToText(RunReuse.Of(earlier, from)));
        await grains.GetGrain<IRunGrain>(id.Value).Accept(
            new AcceptRun(earlier.Definition.Name, earlier.Definition.Version, inputs, earlier.Folder, RerunOf: earlier.Id.Value, ReusedJson: reused));
        return id;
    }

    private static string ToText(ImmutableDictionary<string, JsonElement> fields) =>
        fields.IsEmpty ? "{}" : Json.ToText(Json.Object(fields.OrderBy(i => i.Key, StringComparer.Ordinal)));

    /// <summary>The run as it is once it is over.</summary>
    public async ValueTask<RunView> WaitForEndAsync(RunId run, CancellationToken cancel = default)
    {
        while (true)
        {
            var view = await grains.GetGrain<IRunGrain>(run.Value).WaitForEnd(TimeSpan.FromSeconds(10)).WaitAsync(cancel);
            if (view.EndedAt is not null) return view;
        }
    }

    /// <summary>The run as it is.</summary>
    public async ValueTask<RunView> ViewAsync(RunId run) => await grains.GetGrain<IRunGrain>(run.Value).View();

    /// <summary>Ends a run before its time.</summary>
    public async ValueTask CancelAsync(RunId run, string why) => await grains.GetGrain<IRunGrain>(run.Value).Cancel(why);

    /// <summary>The pool as it is.</summary>
    public async ValueTask<PoolView> PoolAsync(string pool = EngineNames.DefaultPool) => await grains.GetGrain<IPoolGrain>(pool).View();
}
