using System.Globalization;
using System.Text;
using Foreflow.Core.Model;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>
/// Writes a workflow in its one canonical form: keys in a fixed order, what equals its default left out. Reading it back
/// gives an equal definition, and a definition's version is the hash of this text.
/// </summary>
public static class WorkflowWriter
{
    /// <summary>The workflow as YAML text.</summary>
    public static string Write(WorkflowDefinition workflow)
    {
        var yaml = new YamlText();
        yaml.Text("name", workflow.Name);
        if (workflow.Description.Length > 0) yaml.Text("description", workflow.Description);
        yaml.Block("inputs", workflow.Inputs, input => WriteInput(yaml, input));
        if (workflow.Priority != Priority.Normal) yaml.Raw("priority", workflow.Priority.ToString().ToLowerInvariant());
        if (workflow.Deadline is { } deadline) yaml.Raw("deadline", DurationText.Format(deadline));
        yaml.List("triggers", workflow.Triggers, trigger => WriteTrigger(yaml, trigger));
        yaml.Block("gates", workflow.Gates, gate => yaml.Raw(gate.Name, gate switch
        {
            RateGate rate => $"{Number(rate.Units)}/{DurationText.Format(rate.Period)}",
            CapacityGate capacity => Number(capacity.Units),
            _ => throw new InvalidOperationException($"a gate of a kind unknown to the writer: {gate}"),
        }));
        yaml.Block("stages", workflow.Stages, stage => yaml.Nest(stage.Name, () => WriteStage(yaml, stage)));
        return yaml.ToString();
    }

    private static void WriteInput(YamlText yaml, InputDefinition input) => yaml.Nest(input.Name, () =>
    {
        yaml.Raw("type", input.Type.ToString().ToLowerInvariant());
        if (input.Default is { } value) yaml.Json("default", value);
        if (input.Description.Length > 0) yaml.Text("description", input.Description);
    });

    private static void WriteTrigger(YamlText yaml, Trigger trigger)
    {
        switch (trigger)
        {
            case CronTrigger cron:
                yaml.Text("cron", cron.Expression);
                if (cron.TimeZone != "UTC") yaml.Text("timezone", cron.TimeZone);
                break;
            case IntervalTrigger interval:
                yaml.Raw("every", DurationText.Format(interval.Period));
                break;
        }

        yaml.Block("inputs", trigger.Inputs, input => yaml.Json(input.Name, input.Value));
    }

    private static void WriteStage(YamlText yaml, StageDefinition stage)
    {
        if (!stage.Needs.IsEmpty) yaml.Names("needs", stage.Needs);
        if (stage.When is { } when) yaml.Text("when", when.ToString());
        if (stage.Foreach is { LiteralValue: { } items }) yaml.Json("foreach", items);
        else if (stage.Foreach is { } each) yaml.Text("foreach", each.ToString());
        WriteBody(yaml, stage.Body);
        yaml.Block("env", stage.Env, e => yaml.Text(e.Name, e.Value.Source));
        yaml.Block("with", stage.With, e =>
        {
            if (e.Value.LiteralValue is { } literal) yaml.Json(e.Name, literal);
            else yaml.Text(e.Name, e.Value.Source);
        });
        if (!stage.Outputs.IsEmpty) yaml.Names("outputs", stage.Outputs);
        if (!stage.Artifacts.IsEmpty) yaml.Names("artifacts", stage.Artifacts);
        if (stage.Resources is { } resources) yaml.Nest("resources", () => WriteResources(yaml, resources, stage.ResourcesFixed));
        if (stage.Idempotent) yaml.Raw("idempotent", "true");
        if (stage.Retries != RetryPolicy.None) yaml.Nest("retries", () => WriteRetries(yaml, stage.Retries));
        if (stage.Timeout is { } timeout) yaml.Raw("timeout", DurationText.Format(timeout));
        if (stage.MaxWait is { } wait) yaml.Raw("maxWait", DurationText.Format(wait));
        yaml.Block("gates", stage.Gates, gate => yaml.Raw(gate.Gate, Number(gate.Amount)));
        if (stage.Replicas != ReplicaRange.Any)
        {
            yaml.Nest("replicas", () =>
            {
                if (stage.Replicas.Min > 0) yaml.Raw("min", Number(stage.Replicas.Min));
                if (stage.Replicas.Max is { } max) yaml.Raw("max", Number(max));
                if (stage.Replicas.Resilient) yaml.Raw("resilient", "true");
            });
        }

        if (stage.Cache is { } cache) WriteCache(yaml, cache);
    }

    private static void WriteBody(YamlText yaml, StageBody body)
    {
        switch (body)
        {
            case RunBody run:
                yaml.Text("run", run.Script);
                break;
            case HandlerBody handler:
                yaml.Text("handler", handler.Name);
                break;
            case WorkerBody worker:
                yaml.Nest("worker", () =>
                {
                    yaml.Names("command", worker.Command);
                    yaml.Raw("protocol", worker.Protocol == WorkerProtocol.Http ? "http" : "jsonl");
                    if (worker.Concurrency != 1) yaml.Raw("concurrency", Number(worker.Concurrency));
                });
                break;
        }
    }

    private static void WriteResources(YamlText yaml, Resources resources, bool isFixed)
    {
        if (resources.CpuMillicores > 0) yaml.Raw("cpu", Quantity.FormatCpu(resources.CpuMillicores));
        if (resources.MemoryBytes > 0) yaml.Raw("memory", Quantity.FormatBytes(resources.MemoryBytes));
        if (resources.NetworkBytesPerSecond > 0) yaml.Raw("network", Quantity.FormatBytes(resources.NetworkBytesPerSecond));
        if (resources.DiskBytesPerSecond > 0) yaml.Raw("disk", Quantity.FormatBytes(resources.DiskBytesPerSecond));
        if (isFixed) yaml.Raw("fixed", "true");
    }

    private static void WriteRetries(YamlText yaml, RetryPolicy retries)
    {
        yaml.Raw("max", Number(retries.Max));
        if (retries.Backoff != RetryPolicy.None.Backoff) yaml.Raw("backoff", DurationText.Format(retries.Backoff));
        if (retries.Factor != RetryPolicy.None.Factor) yaml.Raw("factor", retries.Factor.ToString("R", CultureInfo.InvariantCulture));
        if (retries.MaxBackoff != RetryPolicy.None.MaxBackoff) yaml.Raw("maxBackoff", DurationText.Format(retries.MaxBackoff));
        if (retries.Jitter != RetryPolicy.None.Jitter) yaml.Raw("jitter", retries.Jitter.ToString("R", CultureInfo.InvariantCulture));
        if (!retries.On.SequenceEqual(RetryPolicy.DefaultCauses)) yaml.Names("on", [.. retries.On.Select(CauseText.Name)]);
        if (retries.Causes.IsEmpty) return;
        yaml.Nest("causes", () =>
        {
            foreach (var rule in retries.Causes)
            {
                yaml.Nest(CauseText.Name(rule.Cause), () =>
                {
                    yaml.Raw("max", Number(rule.Max));
                    if (rule.Backoff is { } backoff) yaml.Raw("backoff", DurationText.Format(backoff));
                    if (rule.MemoryFactor is { } memory) yaml.Raw("memory", memory.ToString("R", CultureInfo.InvariantCulture));
                });
            }
        });
    }

    private static void WriteCache(YamlText yaml, CachePolicy cache)
    {
        if (cache is { Key: null, MaxAge: null })
        {
            yaml.Raw("cache", "true");
            return;
        }

        yaml.Nest("cache", () =>
        {
            if (cache.Key is { } key) yaml.Text("key", key.Source);
            if (cache.MaxAge is { } age) yaml.Raw("maxAge", DurationText.Format(age));
        });
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
