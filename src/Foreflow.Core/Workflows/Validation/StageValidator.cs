using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows.Validation;

/// <summary>The rules of a stage that concern it alone.</summary>
internal static class StageValidator
{
    private const int MaxRetries = 1_000;
    private const int MaxConcurrency = 1_000;
    private const int MaxReplicas = 100_000;
    private const int MaxScriptLength = 1 << 20;

    public static void Check(WorkflowDefinition draft, StageDefinition stage, Findings findings)
    {
        var path = $"stages.{stage.Name}";
        CheckBody(stage, path, findings);
        CheckNames(stage, path, findings);
        CheckTimes(stage, path, findings);
        CheckRetries(stage.Retries, $"{path}.retries", findings);
        CheckCauses(stage, $"{path}.retries.causes", findings);
        CheckGates(draft, stage, path, findings);
        CheckReplicas(stage, path, findings);
        if (stage.ResourcesFixed && stage.Resources is not { IsZero: false }) findings.Add($"{path}.resources", "out-of-range", "fixed resources name at least one: cpu, memory, network or disk");
        if (stage.Resources is { IsNonNegative: false }) findings.Add($"{path}.resources", "out-of-range", "resources are not negative");
        if (stage.Foreach?.LiteralValue is { } items) CheckItems(items, $"{path}.foreach", findings);
    }

    private static void CheckBody(StageDefinition stage, string path, Findings findings)
    {
        switch (stage.Body)
        {
            case RunBody { Script: var script }:
                if (string.IsNullOrWhiteSpace(script)) findings.Add($"{path}.run", "empty", "there is nothing to run");
                if (script.Length > MaxScriptLength) findings.Add($"{path}.run", "too-large", $"a script of {script.Length} characters: put it into a file");
                findings.AddIf(Names.CheckText(script), $"{path}.run", "bad-text");
                CheckNotTemplated(script, $"{path}.run", "a script", findings);
                break;
            case WorkerBody worker:
                if (worker.Command.IsEmpty) findings.Add($"{path}.worker.command", "empty", "a command names at least a program");
                for (var i = 0; i < worker.Command.Length; i++)
                {
                    var place = $"{path}.worker.command[{i}]";
                    if (i == 0 && string.IsNullOrWhiteSpace(worker.Command[0])) findings.Add(place, "empty", "the program has no name");
                    findings.AddIf(Names.CheckText(worker.Command[i]), place, "bad-text");
                    CheckNotTemplated(worker.Command[i], place, "a command", findings);
                }

                CheckRange(worker.Concurrency, 1, MaxConcurrency, $"{path}.worker.concurrency", findings);
                break;
            case NoBody { IsReported: false }:
                findings.Add(path, "no-body", "the stage does nothing: it has one of run, worker or handler");
                break;
            case HandlerBody handler:
                findings.AddIf(Names.CheckDotted(handler.Name), $"{path}.handler", "bad-name");
                if (!stage.Env.IsEmpty) findings.Add($"{path}.env", "not-allowed", "a handler runs in the host and has no environment of its own: give it values by 'with'");
                break;
        }
    }

    // A value pasted into a script is a script: quoting cannot be done for the author, so it is not done at all.
    private static void CheckNotTemplated(string text, string path, string what, Findings findings)
    {
        var at = text.IndexOf("${{", StringComparison.Ordinal);
        if (at >= 0) findings.Add(path, "templated-run", $"{what} is never templated: name the value under 'env' (env: {{ VALUE: \"${{{{ ... }}}}\" }}) and use \"$VALUE\" here", at);
    }

    private static void CheckNames(StageDefinition stage, string path, Findings findings)
    {
        CheckDistinct(stage.Env.Select(e => e.Name), n => Names.CheckVariable(n, stage.Body), n => $"{path}.env.{n}", findings);
        CheckDistinct(stage.With.Select(e => e.Name), Names.CheckIdentifier, n => $"{path}.with.{n}", findings);
        foreach (var (name, value) in stage.Env) CheckTemplate(value, $"{path}.env.{name}", findings);
        foreach (var (name, value) in stage.With) CheckTemplate(value, $"{path}.with.{name}", findings);
        if (stage.When is { } when) findings.AddIf(Names.CheckText(when.Text), $"{path}.when", "bad-text");
        if (stage.Foreach is { } each) findings.AddIf(Names.CheckText(each.Text), $"{path}.foreach", "bad-text");
        if (stage.Cache?.Key is { } key) CheckTemplate(key, $"{path}.cache.key", findings);
        var outputs = WorkflowValidator.CheckSize(stage.Outputs.Length, $"{path}.outputs", findings) ? stage.Outputs.Length : 0;
        for (var i = 0; i < outputs; i++)
        {
            var place = $"{path}.outputs[{i}]";
            findings.AddIf(Names.CheckIdentifier(stage.Outputs[i]), place, "bad-name");
            if (stage.Outputs.IndexOf(stage.Outputs[i]) < i) findings.Add(place, "duplicate", $"'{Names.Shorten(stage.Outputs[i])}' is named twice");
        }

        for (var i = 0; i < stage.Artifacts.Length; i++) findings.AddIf(CheckArtifact(stage.Artifacts[i]), $"{path}.artifacts[{i}]", "bad-artifact");
    }

    private static void CheckDistinct(IEnumerable<string> names, Func<string, string?> check, Func<string, string> place, Findings findings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            findings.AddIf(check(name), place(name), "bad-name");
            if (!seen.Add(name)) findings.Add(place(name), "duplicate", $"'{Names.Shorten(name)}' is named twice");
        }
    }

    private static void CheckTemplate(Template template, string path, Findings findings)
    {
        findings.AddIf(Names.CheckText(template.Source), path, "bad-text");
        if (template.LiteralValue is { } value) findings.AddIf(ValueValidator.Check(value), path, "bad-value");
    }

    private static string? CheckArtifact(string pattern)
    {
        var shown = Names.Shorten(pattern);
        if (pattern.Length is 0 or > 1024 || pattern.Any(char.IsControl) || Names.CheckText(pattern) is not null) return $"'{shown}' is not a path";
        if (pattern[0] is '/' or '~') return $"'{shown}' is not inside the work folder: paths are relative to it";
        if (pattern.Contains("${{", StringComparison.Ordinal)) return $"'{shown}' is not templated: a glob finds files whose names are not known before";
        return pattern.Split('/').Contains("..") ? $"'{shown}' leads out of the work folder" : null;
    }

    private static void CheckTimes(StageDefinition stage, string path, Findings findings)
    {
        if (stage.Timeout <= TimeSpan.Zero) findings.Add($"{path}.timeout", "out-of-range", "a timeout is more than 0s");
        if (stage.MaxWait < TimeSpan.Zero) findings.Add($"{path}.maxWait", "out-of-range", "a wait is not negative");
        if (stage.Cache?.MaxAge <= TimeSpan.Zero) findings.Add($"{path}.cache.maxAge", "out-of-range", "an age is more than 0s");
        foreach (var time in new[] { stage.Timeout, stage.MaxWait, stage.Cache?.MaxAge })
        {
            if (time > DurationText.Longest) findings.Add(path, "out-of-range", "a time is longer than 100 years");
        }
    }

    private static void CheckRetries(RetryPolicy retries, string path, Findings findings)
    {
        CheckRange(retries.Max, 0, MaxRetries, $"{path}.max", findings);
        if (retries.Backoff < TimeSpan.Zero) findings.Add($"{path}.backoff", "out-of-range", "a backoff is not negative");
        if (retries.MaxBackoff < retries.Backoff) findings.Add($"{path}.maxBackoff", "out-of-range", $"the longest wait, {Show(retries.MaxBackoff)}, is shorter than the first, {Show(retries.Backoff)}");
        if (retries.MaxBackoff > DurationText.Longest) findings.Add($"{path}.maxBackoff", "out-of-range", "a time is longer than 100 years");
        if (retries.Factor is not (>= 1 and <= 1000)) findings.Add($"{path}.factor", "out-of-range", "a factor is from 1 to 1000");
        if (retries.Jitter is not (>= 0 and <= 1)) findings.Add($"{path}.jitter", "out-of-range", "jitter is a share from 0 to 1");
        if (retries.On.IsEmpty) findings.Add($"{path}.on", "empty", "no cause is retried: leave 'on' out for all, or 'retries' out for none");
        foreach (var cause in retries.On.Except(RetryPolicy.RetryableCauses)) findings.Add($"{path}.on", "not-allowed", $"the cause {cause} is not one to retry");
    }

    private static void CheckCauses(StageDefinition stage, string path, Findings findings)
    {
        foreach (var rule in stage.Retries.Causes)
        {
            var place = $"{path}.{Yaml.CauseText.Name(rule.Cause)}";
            if (!RetryPolicy.RetryableCauses.Contains(rule.Cause)) findings.Add(place, "not-allowed", $"the cause {rule.Cause} is not one to retry");
            CheckRange(rule.Max, 0, MaxRetries, $"{place}.max", findings);
            if (rule.Backoff is { } backoff && (backoff < TimeSpan.Zero || backoff > DurationText.Longest)) findings.Add($"{place}.backoff", "out-of-range", "a backoff is from 0 to 100 years");
            if (rule.MemoryFactor is not { } factor) continue;
            if (factor is not (>= 1 and <= 64)) findings.Add($"{place}.memory", "out-of-range", "memory is a factor from 1 to 64: how many times as much the next attempt is granted");
            else if (rule.Cause != AttemptCause.OutOfMemory) findings.Add($"{place}.memory", "not-allowed", "only a retry after out-of-memory is granted more");
            else if (stage.Body is not RunBody) findings.Add($"{place}.memory", "not-allowed", "only an attempt of a script is granted more: a worker is as large as its replicas are");
            else if (stage.ResourcesFixed) findings.Add($"{place}.memory", "not-allowed", "fixed resources do not grow");
        }
    }

    private static void CheckGates(WorkflowDefinition draft, StageDefinition stage, string path, Findings findings)
    {
        WorkflowValidator.CheckSize(stage.Gates.Length, $"{path}.gates", findings);
        CheckDistinct(stage.Gates.Select(g => g.Gate), Names.CheckDotted, n => $"{path}.gates.{n}", findings);
        foreach (var claim in stage.Gates.Take(WorkflowValidator.MaxParts))
        {
            var place = $"{path}.gates.{claim.Gate}";
            CheckRange(claim.Amount, 1, int.MaxValue, place, findings);
            var gate = draft.Gates.FirstOrDefault(g => g.Name == claim.Gate);
            var units = gate switch { CapacityGate capacity => capacity.Units, RateGate rate => rate.Units, _ => int.MaxValue };
            if (units >= 1 && claim.Amount > units) findings.Add(place, "out-of-range", $"{claim.Amount} units of '{claim.Gate}' are never granted: it has {units}");
            // A gate may be the pool's, so an unknown one is no error; one that looks misspelt is worth a word.
            if (gate is null && Suggestion.Nearest(claim.Gate, draft.Gates.Select(g => g.Name)) is { } near)
            {
                findings.Warn(place, "unknown-gate", $"gate '{Names.Shorten(claim.Gate)}' is not declared in this workflow, did you mean '{near}'?");
            }
        }
    }

    private static void CheckReplicas(StageDefinition stage, string path, Findings findings)
    {
        var (min, max, resilient) = stage.Replicas;
        CheckRange(min, 0, MaxReplicas, $"{path}.replicas.min", findings);
        if (max is { } most) CheckRange(most, 1, MaxReplicas, $"{path}.replicas.max", findings);
        if (min > max) findings.Add($"{path}.replicas", "out-of-range", $"min {min} is more than max {max}");
        if (resilient && stage.Body is not WorkerBody) findings.Add($"{path}.replicas.resilient", "not-allowed", "only a worker has replicas to keep on two nodes");
        if (min > 0 && stage.Body is not WorkerBody) findings.Add($"{path}.replicas.min", "not-allowed", "only a worker can be kept warm: a stage of another kind has a max only");
    }

    private static void CheckItems(System.Text.Json.JsonElement items, string path, Findings findings)
    {
        findings.AddIf(ValueValidator.Check(items), path, "bad-value");
        if (items.ValueKind == System.Text.Json.JsonValueKind.Array && items.GetArrayLength() > TaskInput.MaxTasks)
        {
            findings.Add(path, "too-large", $"{items.GetArrayLength()} elements: at most {TaskInput.MaxTasks} make tasks");
        }
    }

    private static void CheckRange(int value, int min, int max, string path, Findings findings)
    {
        if (value < min) findings.Add(path, "out-of-range", $"{value} is too small: at least {min}");
        if (value > max) findings.Add(path, "out-of-range", $"{value} is too large: at most {max}");
    }

    private static string Show(TimeSpan time) => time < TimeSpan.Zero ? time.ToString() : DurationText.Format(time);
}
