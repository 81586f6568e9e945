using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Workflows;

namespace Foreflow.Simulator.Scenarios;

/// <summary>The stages of one workflow as profiles know them that were exported from a live pool.</summary>
/// <param name="Name">Name of the workflow.</param>
/// <param name="Stages">A profile over all classes of nodes for each stage, by name in order.</param>
internal sealed record ProfiledWorkflow(string Name, ImmutableSortedDictionary<string, StageProfile> Stages)
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="workflow">Name of the workflow; null where the file has but one.</param>
    /// <exception cref="ScenarioException">It cannot be read, or has no such workflow.</exception>
    public static ProfiledWorkflow Read(string path, string? workflow)
    {
        var all = ReadAll(path);
        var names = all.Select(p => p.Key.Stage.Workflow).Distinct().Order(StringComparer.Ordinal).ToList();
        if (names.Count == 0) throw new ScenarioException(["holds no profile: export it once the workflow has run"]);
        if (workflow is null && names.Count > 1) throw new ScenarioException([$"has profiles of {string.Join(", ", names)}: say by name which workflow is meant"]);
        workflow ??= names[0];
        if (!names.Contains(workflow)) throw new ScenarioException([$"has no profile of workflow '{workflow}': there are {string.Join(", ", names)}"]);

        // What belongs to no node has a class of its own, so that all classes together are the whole.
        var stages = ImmutableSortedDictionary.CreateBuilder<string, StageProfile>(StringComparer.Ordinal);
        foreach (var (key, profile) in all.Where(p => p.Key.Stage.Workflow == workflow).OrderBy(p => p.Key))
        {
            if (stages.TryGetValue(key.Stage.Name, out var together)) together.Merge(profile);
            else stages[key.Stage.Name] = profile;
        }

        return new ProfiledWorkflow(workflow, stages.ToImmutable());
    }

    /// <summary>
    /// Describes the workflow from its profiles alone, where its file is not at hand: a stage needs those that were last before it in
    /// some run, warm replicas serve it where replicas were seen to start up, and it asks for what nineteen of twenty attempts took.
    /// </summary>
    /// <returns>How each stage behaves, in the order in which they were added.</returns>
    public ImmutableArray<StageModel> Describe(WorkflowBuilder builder)
    {
        var models = ImmutableArray.CreateBuilder<StageModel>();
        foreach (var (name, profile) in Stages)
        {
            var isWorker = !profile.StartUpSeconds.IsEmpty;
            var fansOut = profile.FanOut is { IsEmpty: false } tasks && (tasks.Peak > 1 || tasks.Quantile(0) < 0.5);
            models.Add(ProfiledStage.ModelOf(profile, isWorker, fansOut, profile.BranchProbability < 1));
            var used = profile.Peak(0.95);
            builder.Stage(name, stage =>
            {
                if (isWorker) stage.Worker(["simulated"]);
                else stage.Run("simulated");
                stage.Needs([.. profile.Dependencies.Keys.Where(Stages.ContainsKey).Order(StringComparer.Ordinal)]);
                stage.Resources(new Resources(used.CpuMillicores > 0 ? used.CpuMillicores : 1000, used.MemoryBytes > 0 ? used.MemoryBytes : 256L << 20), isFixed: true);
            });
        }

        return models.ToImmutable();
    }

    private static IReadOnlyList<KeyValuePair<ProfileKey, StageProfile>> ReadAll(string path)
    {
        try
        {
            if (new FileInfo(path).Length > ExportedProfiles.MaximumBytes) throw new ScenarioException([$"is larger than {ExportedProfiles.MaximumBytes} bytes"]);
            return ExportedProfiles.Read(File.ReadAllBytes(path));
        }
        catch (ProfileFormatException e)
        {
            throw new ScenarioException([e.Message]);
        }
        catch (JsonException e)
        {
            throw new ScenarioException([string.Create(CultureInfo.InvariantCulture, $"is not JSON as 'foreflow profile export' writes it (line {(e.LineNumber ?? 0) + 1})")]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ScenarioException([$"cannot be read ({e.Message}): files are named relative to the scenario"]);
        }
    }
}
