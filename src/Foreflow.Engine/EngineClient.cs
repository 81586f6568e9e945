using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Model;
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
        var json = inputs.IsEmpty ? "{}" : Json.ToText(Json.Object(inputs.OrderBy(i => i.Key, StringComparer.Ordinal)));
        await grains.GetGrain<IRunGrain>(id.Value).Accept(new AcceptRun(definition.Name, definition.Version, json, folder));
        return id;
    }

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
