using System.Globalization;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Runs;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;

namespace Foreflow.Cli.Presentation;

/// <summary>One attempt, for people and programs.</summary>
/// <param name="WaitsFor">Why it stands still; null while it does not.</param>
/// <param name="WaitsSince">Since when.</param>
public sealed record AttemptLine(
    int Task, int Attempt, string Cause, int? ExitCode, string Node, double WaitSeconds, double Seconds, double? CpuSeconds, long? MemoryPeakBytes,
    long? DiskReadBytes, long? DiskWriteBytes, long? NetworkReceivedBytes, long? NetworkSentBytes, string? Error, string LogFolder, string? Hedges = null,
    string? WaitsFor = null, Instant? WaitsSince = null);

/// <summary>What a stage used in this run.</summary>
public sealed record StageUsage(double Seconds, double? CpuSeconds, long? MemoryPeakBytes, long? DiskReadBytes, long? DiskWriteBytes, long? NetworkReceivedBytes, long? NetworkSentBytes);

/// <summary>A stage of a run with its attempts.</summary>
/// <param name="WaitsFor">What holds its tasks back; null while nothing does.</param>
public sealed record StageReport(string Name, string State, int Tasks, IReadOnlyList<AttemptLine> Attempts, StageUsage Profile, string? Error, string? WaitsFor = null);

/// <summary>A run with its stages.</summary>
public sealed record RunReport(
    string Run, string Workflow, string Version, string State, string? Error, Instant AcceptedAt, Instant? EndedAt, double? Seconds,
    IReadOnlyList<StageReport> Stages, string Folder, string? RerunOf = null);

/// <summary>Reports on runs from their events.</summary>
public static class RunReports
{
    private const int TroubleShown = 10;
    private const int TailLines = 5;
    private const string Running = "Running";
    private const string Paused = "Paused";
    private const string Cached = "Cached";
    private const string Interrupted = "Interrupted";

    /// <summary>The report of a run.</summary>
    public static async Task<RunReport> OfAsync(IStorage storage, RunView view, string dataFolder)
    {
        var events = (await storage.Runs.ReadAsync(new RunId(view.Id))).Select(RunJson.Read).ToList();
        var starts = events.OfType<AttemptStarted>().ToDictionary(e => (e.Stage, e.Task, e.Attempt));
        var attempts = events.OfType<AttemptFinished>().ToLookup(e => e.Stage);
        var unended = starts.Values.Where(s => !attempts[s.Stage].Any(f => f.Task == s.Task && f.Attempt == s.Attempt)).ToLookup(s => s.Stage);
        var ready = ReadyTimes(view, events);
        return new RunReport(
            view.Id, view.Workflow, view.Version, view.Phase.ToString().ToLowerInvariant(), view.Error, view.AcceptedAt, view.EndedAt,
            view.EndedAt is { } end ? Math.Round((end - view.AcceptedAt).TotalSeconds, 3) : null,
            [.. view.Stages.Select((stage, i) => StageOf(stage, [.. attempts[i].Select(f => LineOf(view, stage, f, starts.GetValueOrDefault((f.Stage, f.Task, f.Attempt)), ready[i], dataFolder)),
                .. unended[i].Select(s => Standing(stage, LineOf(view, stage, s, EndOf(s), dataFolder)))]))],
            AttemptFolders.Run(dataFolder, view.Id),
            view.RerunOf);

        // An attempt whose end was never told: outrun, and its run was over before it had ended; or it runs; or its engine stopped before it could say.
        string EndOf(AttemptStarted started) =>
            attempts[started.Stage].Any(f => f.Task == started.Task && f.Cause == AttemptCause.Succeeded && RanBeside(started, f.Attempt)) ? nameof(AttemptCause.Superseded)
            : view.EndedAt is not null || starts.Values.Any(s => s.Stage == started.Stage && s.Task == started.Task && s.Hedge is null && s.Attempt > started.Attempt) ? Interrupted
            : Running;

        bool RanBeside(AttemptStarted started, int other) =>
            (started.Hedge is not null && other == started.Attempt - 1)
            || (other == started.Attempt + 1 && starts.GetValueOrDefault((started.Stage, started.Task, other)) is { Hedge: not null });
    }

    /// <summary>Prints reports for people; a failure with the tail of what it said.</summary>
    public static void Print(TextWriter to, IReadOnlyList<RunReport> reports)
    {
        foreach (var report in reports.Count <= 10 ? reports : [.. reports.Where(r => r.State != "succeeded").Take(10)]) Print(to, report);
        if (reports.Count > 1)
            to.WriteLine($"{reports.Count} runs: {reports.Count(r => r.State == "succeeded")} succeeded, {reports.Count(r => r.State != "succeeded")} not");
    }

    /// <summary>Bytes for people: <c>1.2 MB</c>; a dash where unknown.</summary>
    public static string Bytes(long? bytes) => bytes switch
    {
        null => "-",
        < 1_000 => $"{bytes} B",
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##} GB"),
    };

    /// <summary>Seconds for people; a dash where unknown.</summary>
    public static string Seconds(double? seconds) => seconds is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s:0.00} s") : "-";

    private static void Print(TextWriter to, RunReport report)
    {
        to.WriteLine($"{report.Workflow} {report.Run}: {report.State}{(report.RerunOf is { } of ? $" (rerun of {of})" : "")}{(report.Seconds is { } s ? $" in {Seconds(s)}" : "")}");
        string[] headers = ["stage", "state", "tasks", "attempts", "time", "CPU", "peak memory", "written"];
        var rows = report.Stages.Select(stage => (string[])[
            stage.Name, stage.State, stage.Tasks.ToString(CultureInfo.InvariantCulture), stage.Attempts.Count.ToString(CultureInfo.InvariantCulture),
            Seconds(stage.Profile.Seconds), Seconds(stage.Profile.CpuSeconds), Bytes(stage.Profile.MemoryPeakBytes), Bytes(stage.Profile.DiskWriteBytes)]).ToList();
        Report.WriteRows(to, headers, rows, leaveOut: [7, 5, 6, 3, 2, 4]);
        PrintHedges(to, report);
        PrintTrouble(to, report);
        foreach (var stage in report.Stages.Where(s => s.WaitsFor is not null)) to.WriteLine($"{stage.Name} {stage.WaitsFor}");
        foreach (var (stage, attempt) in report.Stages.SelectMany(s => s.Attempts.Where(a => a.WaitsSince is not null).Select(a => (s, a))))
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{NameOf(stage, attempt)} attempt {attempt.Attempt} {attempt.WaitsFor}, since {attempt.WaitsSince!.Value.ToClock(TimeZoneInfo.Local.GetUtcOffset(attempt.WaitsSince.Value.ToDateTimeOffset()))}"));
        if (report.Error is not null) to.WriteLine(report.Error);
        if (report.State != "succeeded") to.WriteLine($"Logs: foreflow logs {report.Run}");
    }

    /// <summary>Second attempts of tasks that took long, newest last, each with what the decision rests on and what came of it.</summary>
    private static void PrintHedges(TextWriter to, RunReport report)
    {
        var hedges = report.Stages.SelectMany(s => s.Attempts.Where(a => a.Hedges is not null).Select(a => (Stage: s, Attempt: a))).ToList();
        foreach (var (stage, attempt) in hedges.TakeLast(TroubleShown))
        {
            var outcome = attempt.Cause switch
            {
                nameof(AttemptCause.Succeeded) => "it was done first",
                nameof(AttemptCause.Superseded) => "the other was done first",
                _ => attempt.Cause,
            };
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{NameOf(stage, attempt)} attempt {attempt.Attempt} is a hedge: {attempt.Hedges}. {outcome}"));
        }
    }

    private static string NameOf(StageReport stage, AttemptLine attempt) =>
        stage.Tasks > 1 ? string.Create(CultureInfo.InvariantCulture, $"{stage.Name}[{attempt.Task}]") : stage.Name;

    /// <summary>The attempts that did not end well, newest last, each with its cause and the end of what it said.</summary>
    private static void PrintTrouble(TextWriter to, RunReport report)
    {
        var trouble = report.Stages.SelectMany(s => s.Attempts.Select(a => (Stage: s, Attempt: a)))
            .Where(t => t.Attempt.Cause is not (nameof(AttemptCause.Succeeded) or nameof(AttemptCause.Superseded) or Running or Paused or Cached)).ToList();
        foreach (var (stage, attempt) in trouble.TakeLast(TroubleShown))
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{NameOf(stage, attempt)} attempt {attempt.Attempt}: {attempt.Cause}{(attempt.ExitCode is { } code ? $" {code}" : "")} after {Seconds(attempt.Seconds)}"));
            var said = (attempt.Error ?? "").TrimEnd().Split('\n');
            // What was found wrong comes first, what the attempt said last.
            if (said.Length > TailLines && attempt.Cause is not (nameof(AttemptCause.ExitCode) or nameof(AttemptCause.Signal))) to.WriteLine("  " + said[0]);
            foreach (var line in said.TakeLast(TailLines).Where(l => l.Length > 0)) to.WriteLine("  " + line);
        }

        if (trouble.Count > TroubleShown) to.WriteLine($"{trouble.Count - TroubleShown} earlier attempts did not end well either: --output json has them all");
    }

    private static StageReport StageOf(StageView stage, IReadOnlyList<AttemptLine> attempts) => new(
        stage.Name, stage is { Paused: true, Phase: StagePhase.Waiting or StagePhase.Running } ? "paused" : stage.Reused ? "reused" : stage.Phase.ToString().ToLowerInvariant(), stage.Tasks, attempts,
        new StageUsage(
            Math.Round(attempts.Sum(a => a.Seconds), 3),
            attempts.Any(a => a.CpuSeconds is not null) ? Math.Round(attempts.Sum(a => a.CpuSeconds ?? 0), 3) : null,
            attempts.Max(a => a.MemoryPeakBytes),
            SumOf(attempts, a => a.DiskReadBytes), SumOf(attempts, a => a.DiskWriteBytes), SumOf(attempts, a => a.NetworkReceivedBytes), SumOf(attempts, a => a.NetworkSentBytes)),
        stage.Error,
        stage.Parked ?? stage.PausedWhy);

    private static long? SumOf(IReadOnlyList<AttemptLine> attempts, Func<AttemptLine, long?> figure) =>
        attempts.Any(a => figure(a) is not null) ? attempts.Sum(a => figure(a) ?? 0) : null;

    private static AttemptLine LineOf(RunView view, StageView stage, AttemptFinished ended, AttemptStarted? started, Instant ready, string dataFolder)
    {
        var usage = ended.Usage ?? new AttemptUsage();
        var from = started?.At ?? ended.At;
        return new AttemptLine(
            ended.Task, ended.Attempt, ended.Cached ? Cached : ended.Cause.ToString(), ended.ExitCode, started?.Node ?? "",
            ended.Attempt == 1 ? Math.Round(Math.Max(0, (from - ready).TotalSeconds), 3) : 0,
            Math.Round((ended.At - from).TotalSeconds, 3), usage.CpuSeconds, usage.MemoryPeakBytes, usage.DiskReadBytes, usage.DiskWriteBytes,
            usage.NetworkReceivedBytes, usage.NetworkSentBytes, ended.Error,
            AttemptFolders.Attempt(dataFolder, view.Id, stage.Name, new AttemptKey(ended.Stage, ended.Task, ended.Attempt)), WhyHedged(started));
    }

    /// <summary>An attempt whose end was never told.</summary>
    private static AttemptLine LineOf(RunView view, StageView stage, AttemptStarted started, string end, string dataFolder) => new(
        started.Task, started.Attempt, end, null, started.Node, 0, 0, null, null, null, null, null, null,
        end == Interrupted ? "the process of its engine stopped" : null,
        AttemptFolders.Attempt(dataFolder, view.Id, stage.Name, new AttemptKey(started.Stage, started.Task, started.Attempt)), WhyHedged(started));

    private static AttemptLine Standing(StageView stage, AttemptLine line) =>
        line.Cause == Running && stage.Standing?.FirstOrDefault(s => s.Task == line.Task && s.Attempt == line.Attempt) is { } standing
            ? line with { Cause = Paused, WaitsFor = standing.Why, WaitsSince = standing.Since }
            : line;

    private static string? WhyHedged(AttemptStarted? started) => started?.Hedge is { } reason ? Explanations.Of(started.Attempt - 1, reason) : null;

    /// <summary>When the first attempts of each stage could have started: found by folding the events once more.</summary>
    private static Instant[] ReadyTimes(RunView view, List<RunEvent> events)
    {
        var ready = new Instant[view.Stages.Count];
        Array.Fill(ready, view.AcceptedAt);
        // Without the definition at hand the start of a stage is taken from its first attempt's order of events: the end that came before it.
        var last = view.AcceptedAt;
        var seen = new HashSet<int>();
        foreach (var happened in events)
        {
            if (happened is AttemptStarted started && seen.Add(started.Stage)) ready[started.Stage] = last;
            if (happened is AttemptFinished finished) last = finished.At;
        }

        return ready;
    }
}
