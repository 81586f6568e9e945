using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution.Processes;

namespace Foreflow.Engine.Execution;

/// <summary>
/// Builds the environment of a stage from nothing: a few variables of the host that programs cannot do without, those of
/// the contract, and what the stage names itself. Secrets in the server's environment stay there.
/// </summary>
internal static class StageEnvironment
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>What is taken from the server's environment, where set.</summary>
    private static readonly string[] FromHost = ["PATH", "HOME", "LANG", "TZ"];

    /// <summary>Names a stage's own variables cannot have: they would be lies.</summary>
    private const string ContractPrefix = "FOREFLOW_";

    /// <summary>The environment of an attempt that is a process.</summary>
    internal static SortedDictionary<string, string> ForAttempt(AttemptOrder order)
    {
        var (task, number) = order.Attempt;
        var environment = Base(order.Environment);
        environment["FOREFLOW_RUN_ID"] = task.Run.Value;
        environment["FOREFLOW_STAGE"] = task.Stage;
        environment["FOREFLOW_TASK"] = task.Index.ToString(CultureInfo.InvariantCulture);
        environment["FOREFLOW_ATTEMPT"] = number.ToString(CultureInfo.InvariantCulture);
        environment["FOREFLOW_IDEMPOTENCY_KEY"] = order.IdempotencyKey ?? task.ToString();
        environment["FOREFLOW_INPUT"] = Path.Combine(order.AttemptFolder, AttemptFiles.Input);
        environment["FOREFLOW_OUTPUT"] = Path.Combine(order.AttemptFolder, AttemptFiles.Output);
        environment["FOREFLOW_WORK_DIR"] = order.RunFolder ?? order.AttemptFolder;
        AddGrant(environment, order.Granted);
        if (order.TraceParent is { } trace) environment["TRACEPARENT"] = trace;
        return Checked(environment);
    }

    /// <summary>The environment of a long-lived worker.</summary>
    /// <param name="order">What to start.</param>
    /// <param name="port">The port it is to listen at; null where it speaks over standard input and output.</param>
    internal static SortedDictionary<string, string> ForWorker(WorkerOrder order, int? port)
    {
        var environment = Base(order.Environment);
        environment["FOREFLOW_STAGE"] = order.Replica.Stage.Name;
        environment["FOREFLOW_REPLICA"] = order.Replica.Number.ToString(CultureInfo.InvariantCulture);
        environment["FOREFLOW_WORK_DIR"] = order.RunFolder ?? order.WorkerFolder;
        AddGrant(environment, order.Granted);
        if (port is { } number) environment["PORT"] = number.ToString(CultureInfo.InvariantCulture);
        return Checked(environment);
    }

    private static SortedDictionary<string, string> Base(IReadOnlyDictionary<string, string> named)
    {
        var environment = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in FromHost)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value) environment[name] = value;
        }

        environment.TryAdd("PATH", DefaultPath);
        foreach (var (name, value) in named)
        {
            if (name.StartsWith(ContractPrefix, StringComparison.Ordinal))
                throw new StartFailedException($"env: {name}: names that begin with {ContractPrefix} are Foreflow's own; choose another");
            environment[name] = value;
        }

        return environment;
    }

    private static void AddGrant(SortedDictionary<string, string> environment, in Resources granted)
    {
        if (granted.CpuMillicores > 0) environment["FOREFLOW_CPUS"] = granted.CpuCores.ToString("0.###", CultureInfo.InvariantCulture);
        if (granted.MemoryBytes > 0) environment["FOREFLOW_MEMORY_BYTES"] = granted.MemoryBytes.ToString(CultureInfo.InvariantCulture);
    }

    private static SortedDictionary<string, string> Checked(SortedDictionary<string, string> environment)
    {
        foreach (var (name, value) in environment)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
                throw new StartFailedException($"env: '{name}' is no name of a variable: it is empty, or has an = or a NUL in it");
            if (value.Contains('\0', StringComparison.Ordinal))
                throw new StartFailedException($"env: {name}: the value has a NUL character in it, which no environment can carry; pass it through the input file");
        }

        return environment;
    }
}
