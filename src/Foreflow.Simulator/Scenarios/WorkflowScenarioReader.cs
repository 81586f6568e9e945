using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Validation;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Traces;
using Foreflow.Traces.Workflows;

namespace Foreflow.Simulator.Scenarios;

/// <summary>Reads the workflows of a scenario: stages written there, a workflow file, a recorded run, or profiles of a live pool.</summary>
internal static class WorkflowScenarioReader
{
    private static readonly ImmutableArray<string> Keys = ["name", "file", "trace", "known", "profiles", "priority", "deadline", "stages", "arrivals"];
    private static readonly ImmutableArray<string> ModelKeys = ["time", "startUp", "fanOut", "probability", "failureShare", "memoryUse"];
    private static readonly ImmutableArray<string> StageKeys =
        ["kind", "needs", "maxWait", "replicas", "slots", "cpu", "memory", "retries", "idempotent", .. ModelKeys];

    public static ImmutableArray<SimulatedWorkflow> ReadAll(ReadContext context, FieldReader fields, string folder, TimeFrame frame)
    {
        if (fields.Node("workflows") is not YamlSequence { Items.Length: > 0 } list)
        {
            fields.Report("workflows", "wrong-type", "expected a list of workflows: - { name: web, stages: …, arrivals: … }");
            return [];
        }

        var workflows = ImmutableArray.CreateBuilder<SimulatedWorkflow>();
        for (var i = 0; i < list.Items.Length; i++)
        {
            var path = $"workflows[{i}]";
            context.Source.Add(path, null, list.Items[i]);
            if (list.Items[i] is YamlMapping mapping)
            {
                var own = fields.Inside(mapping, path, "a workflow", Keys);
                if (Read(context, own, folder, frame, $"workflow-{i + 1}") is not { } workflow) continue;
                if (workflows.Any(w => w.Definition.Name == workflow.Definition.Name))
                    own.Report(path, "duplicate", $"a workflow named '{workflow.Definition.Name}' is there already: give this one a name of its own");
                workflows.Add(workflow);
            }
            else
            {
                fields.Misfit(path, list.Items[i], "a workflow: { name: web, stages: …, arrivals: … }");
            }
        }

        return workflows.ToImmutable();
    }

    private static SimulatedWorkflow? Read(ReadContext context, FieldReader fields, string folder, TimeFrame frame, string name)
    {
        var sources = new[] { "file", "trace" }.Where(fields.Has).ToArray();
        var arrivals = ArrivalReader.Read(context, fields, folder, frame);
        if (sources.Length == 2) fields.Report(fields.At("trace"), "bad-value", "a workflow is read from a file or a trace, not both");
        if (fields.Has("trace") && fields.Has("profiles")) fields.Report(fields.At("profiles"), "bad-value", "a trace brings its times with it");
        if (fields.Has("trace")) return Described(fields, ReadTrace(fields, folder, arrivals));
        if (fields.Has("known")) fields.Report(fields.At("known"), "bad-value", "only of a trace it can be said what is known");
        if (fields.Has("file")) return Described(fields, ReadFile(context, fields, folder, arrivals));
        if (fields.Has("profiles")) return Described(fields, ReadProfiled(fields, folder, arrivals));
        return ReadStages(context, fields, name, arrivals);
    }

    /// <summary>What the scenario says of a workflow that is read from elsewhere takes the place of what stands there.</summary>
    private static SimulatedWorkflow? Described(FieldReader fields, SimulatedWorkflow? workflow)
    {
        var name = fields.Text("name", "a name");
        if (name is not null && Names.CheckIdentifier(name) is { } fault) fields.Report(fields.At("name"), "bad-name", fault);
        var deadline = fields.Duration("deadline");
        if (deadline == TimeSpan.Zero) fields.Report(fields.At("deadline"), "out-of-range", "a deadline is more than 0s");
        var priority = ReadPriority(fields);
        return workflow is null ? null : workflow with
        {
            Definition = workflow.Definition with
            {
                Name = name ?? workflow.Definition.Name, Priority = priority ?? workflow.Definition.Priority, Deadline = deadline ?? workflow.Definition.Deadline,
            },
        };
    }

    private static SimulatedWorkflow? ReadFile(ReadContext context, FieldReader fields, string folder, ArrivalProcess? arrivals)
    {
        if (fields.Text("file", "a workflow file") is not { } file) return null;
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(Path.Combine(folder, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fields.Report(fields.At("file"), "missing-file", $"'{file}' cannot be read ({e.Message}): files are named relative to the scenario");
            return null;
        }

        var reading = WorkflowReader.Read(bytes);
        if (reading.Workflow is not { } definition)
        {
            fields.Report(fields.At("file"), "bad-file", reading.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error).ToString(file));
            return null;
        }

        var models = new StageModel?[definition.Stages.Length];
        var profiles = fields.Has("profiles") ? ReadProfiles(fields, folder, definition.Name) : null;
        if (fields.Has("profiles") && profiles is null) return null;
        for (var i = 0; i < models.Length; i++)
        {
            var stage = definition.Stages[i];
            if (profiles?.Stages.GetValueOrDefault(stage.Name) is { ExecutionSeconds.IsEmpty: false } known)
                models[i] = ProfiledStage.ModelOf(known, stage.Body is WorkerBody, stage.Foreach is not null, stage.When is not null);
        }

        if (fields.Mapping("stages", "a mapping from stages of the file to how long they take") is { } mapping)
        {
            foreach (var (stage, node) in FieldReader.Entries(context, mapping, fields.At("stages")))
            {
                var path = $"{fields.At("stages")}.{stage}";
                var index = definition.IndexOf(stage);
                if (index < 0) fields.Report(path, "unknown-key", $"'{file}' has no stage '{stage}'{(Suggestion.Nearest(stage, definition.Stages.Select(s => s.Name)) is { } near ? $", did you mean '{near}'?" : "")}");
                else if (node is YamlMapping own) models[index] = ReadModel(context, new FieldReader(context, own, path, "a stage of a workflow file", ModelKeys));
                else fields.Misfit(path, node, "how the stage behaves: { time: 20s }");
            }
        }

        foreach (var (model, stage) in models.Zip(definition.Stages))
            if (model?.FanOut is not null && stage.Foreach is null)
                fields.Report($"{fields.At("stages")}.{stage.Name}.fanOut", "bad-value", $"stage '{stage.Name}' of '{file}' has no foreach, and so one task a run: leave fanOut out");
        for (var i = 0; i < models.Length; i++)
            if (models[i] is null) fields.Report(fields.Path, "missing-key", $"stage '{definition.Stages[i].Name}' of '{file}' has no time{(profiles is null ? "" : ", and the profiles know none")}: write stages: {{ {definition.Stages[i].Name}: {{ time: 20s }} }}");
        return arrivals is null || models.Contains(null) ? null : Finish(definition, [.. models.Select(m => m!)], arrivals, i => definition.Stages[i].Foreach is not null);
    }

    private static SimulatedWorkflow? ReadStages(ReadContext context, FieldReader fields, string name, ArrivalProcess? arrivals)
    {
        if (fields.Mapping("stages", "stages by name, each with its time") is not { Entries.Length: > 0 } mapping)
        {
            if (!fields.Has("stages") || fields.Node("stages") is YamlMapping) fields.Report(fields.Path, "missing-key", "a workflow has stages, a file, a trace or profiles");
            return null;
        }

        var builder = new WorkflowBuilder(fields.Text("name", "a name") ?? name);
        if (ReadPriority(fields) is { } priority) builder.Priority(priority);
        if (fields.Duration("deadline") is { } deadline) builder.Deadline(deadline);
        var models = ImmutableArray.CreateBuilder<StageModel>();
        var complete = true;
        foreach (var (stage, node) in FieldReader.Entries(context, mapping, fields.At("stages")))
        {
            var path = $"{fields.At("stages")}.{stage}";
            if (node is not YamlMapping own)
            {
                fields.Misfit(path, node, "a stage: { time: 20s, startUp: 60s }");
                complete = false;
                continue;
            }

            var reader = new FieldReader(context, own, path, "a stage", StageKeys);
            if (ReadModel(context, reader) is { } model) models.Add(model);
            else complete = false;
            builder.Stage(stage, s => Describe(context, reader, s));
        }

        if (!complete) return null;
        if (!builder.TryBuild(out var definition, out var faults))
        {
            foreach (var fault in faults.Where(f => f.Severity == DiagnosticSeverity.Error)) fields.Report(fields.At(fault.Path), fault.Code, fault.Message);
            return null;
        }

        return arrivals is null ? null : Finish(definition!, models.ToImmutable(), arrivals, i => models[i].FanOut is not null);
    }

    private static void Describe(ReadContext context, FieldReader fields, StageBuilder stage)
    {
        var slots = fields.Integer("slots") ?? 1;
        if (slots < 1) fields.Report(fields.At("slots"), "bad-value", "tasks a replica serves at once: from 1 on");
        var kind = fields.Text("kind", "worker, run or handler") ?? "worker";
        foreach (var key in new[] { "slots", "startUp" }.Where(k => kind != "worker" && fields.Has(k)))
            fields.Report(fields.At(key), "bad-value", $"'{key}' is of replicas, and only a worker stage has them: kind: worker, or leave it out");
        switch (kind)
        {
            case "worker":
                stage.Worker(["simulated"], concurrency: Math.Max(1, slots));
                break;
            case "run":
                stage.Run("simulated");
                break;
            case "handler":
                stage.Handler("simulated");
                break;
            case var other:
                stage.Run("simulated");
                fields.Report(fields.At("kind"), "bad-value", $"'{other}' is not a kind: worker, run or handler");
                break;
        }

        stage.Needs([.. fields.Texts("needs", "names of stages")]);
        stage.Resources(new Resources(ClusterReader.Cpu(fields, "cpu") ?? 1000, ClusterReader.Bytes(fields, "memory") ?? 256L << 20), isFixed: !fields.Has("memoryUse"));
        if (fields.Duration("maxWait") is { } wait) stage.MaxWait(wait);
        if (fields.Boolean("idempotent") is { } idempotent) stage.Idempotent(idempotent);
        if (fields.Integer("retries") is { } retries) stage.Retries(retries);
        if (fields.Mapping("replicas", "limits: { min: 0, max: 16 }") is { } mapping)
        {
            var own = new FieldReader(context, mapping, fields.At("replicas"), "replicas", ["min", "max", "resilient"]);
            stage.Replicas(own.Integer("min") ?? 0, own.Integer("max"), own.Boolean("resilient") ?? false);
        }
    }

    private static StageModel? ReadModel(ReadContext context, FieldReader fields)
    {
        if (!fields.Has("time")) fields.Report(fields.Path, "missing-key", "time is missing: how long a task takes, like time: 20s or time: { distribution: lognormal, mean: 20s, cv: 0.5 }");
        var time = DistributionReader.Read(context, fields, "time");
        var startUp = DistributionReader.Read(context, fields, "startUp");
        var fanOut = DistributionReader.Read(context, fields, "fanOut", DistributionReader.Unit.Number);
        var memory = DistributionReader.Read(context, fields, "memoryUse", DistributionReader.Unit.Bytes);
        return time is null ? null : new StageModel
        {
            Time = time,
            StartUp = startUp ?? TimeDistribution.Fixed(0),
            FanOut = fanOut,
            Probability = ClusterReader.Share(fields, "probability") ?? 1,
            FailureShare = ClusterReader.Share(fields, "failureShare") ?? 0,
            MemoryBytes = memory,
        };
    }

    /// <summary>A workflow of which only profiles are at hand.</summary>
    private static SimulatedWorkflow? ReadProfiled(FieldReader fields, string folder, ArrivalProcess? arrivals)
    {
        if (fields.Has("stages")) fields.Report(fields.At("stages"), "bad-value", "profiles bring their stages with them: take 'stages' out, or name the workflow's file beside");
        if (ReadProfiles(fields, folder, fields.Has("name") ? fields.Text("name", "a name") : null) is not { } profiles) return null;
        var builder = new WorkflowBuilder(profiles.Name);
        var models = profiles.Describe(builder);
        if (builder.TryBuild(out var definition, out var faults)) return arrivals is null ? null : Finish(definition!, models, arrivals, i => models[i].FanOut is not null);
        foreach (var fault in faults.Where(f => f.Severity == DiagnosticSeverity.Error))
            fields.Report(fields.At("profiles"), fault.Code, $"{fault.Path}: {fault.Message}: name the workflow's file beside the profiles");
        return null;
    }

    private static ProfiledWorkflow? ReadProfiles(FieldReader fields, string folder, string? workflow)
    {
        if (fields.Text("profiles", "a file made by 'foreflow profile export'") is not { } file) return null;
        try
        {
            return ProfiledWorkflow.Read(Path.Combine(folder, file), workflow);
        }
        catch (ScenarioException e)
        {
            fields.Report(fields.At("profiles"), "bad-file", $"'{file}' {e.Message}");
            return null;
        }
    }

    private static SimulatedWorkflow? ReadTrace(FieldReader fields, string folder, ArrivalProcess? arrivals)
    {
        if (fields.Has("stages")) fields.Report(fields.At("stages"), "bad-value", "a trace brings its stages with it");
        var known = TraceKnowledge.Nothing;
        switch (fields.Text("known", "nothing, types or runs"))
        {
            case null or "nothing":
                break;
            case "types":
                known = TraceKnowledge.Types;
                break;
            case "runs":
                known = TraceKnowledge.Runs;
                break;
            case var other:
                fields.Report(fields.At("known"), "bad-value", $"'{other}' cannot be known: nothing, types (mean and spread of each type of task) or runs (the time of each task)");
                return null;
        }

        if (fields.Text("trace", "a WfCommons file") is not { } file || arrivals is null) return null;
        try
        {
            var history = WfFormatFile.Read(Path.Combine(folder, file));
            if (FaultOf(history) is not { } fault) return TracedWorkflow.Of(history, arrivals, known);
            fields.Report(fields.At("trace"), "bad-file", $"'{file}': {fault}");
            return null;
        }
        catch (TraceFileException e)
        {
            fields.Report(fields.At("trace"), "bad-file", e.Message);
            return null;
        }
    }

    /// <summary>Why a recorded run cannot be played again; null when it can.</summary>
    private static string? FaultOf(WorkflowHistory history)
    {
        const double MostSeconds = 10 * 365 * 86400.0;
        if (history.Tasks.All(t => t.RuntimeSeconds == 0)) return "no task has a run time: a description of a workflow that was not run cannot be played";
        return history.Tasks.FirstOrDefault(t => t.RuntimeSeconds > MostSeconds) is { } endless
            ? string.Create(CultureInfo.InvariantCulture, $"task '{endless.Id}' ran for {endless.RuntimeSeconds:G4} s, more than ten years")
            : null;
    }

    private static Priority? ReadPriority(FieldReader fields)
    {
        switch (fields.Text("priority", "batch, normal or critical"))
        {
            case null: return null;
            case "batch": return Priority.Batch;
            case "normal": return Priority.Normal;
            case "critical": return Priority.Critical;
            case var other:
                fields.Report(fields.At("priority"), "bad-value", string.Create(CultureInfo.InvariantCulture, $"'{other}' is not a priority: batch, normal or critical"));
                return null;
        }
    }

    private static SimulatedWorkflow Finish(WorkflowDefinition definition, ImmutableArray<StageModel> models, ArrivalProcess arrivals, Func<int, bool> fansOut) => new()
    {
        Definition = DefinitionRewriting.Of(definition, [.. models.Select((_, i) => fansOut(i))], [.. models.Select(m => m.Probability < 1)]),
        Stages = models,
        Arrivals = arrivals,
    };
}
