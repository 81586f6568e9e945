using System.Text;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>The variable that marks every process of a group: <c>OWNER/ENGINE+NAME</c>, the owner being one data folder, the engine one process of it.</summary>
internal static class ProcessMarks
{
    /// <summary>Name of the variable.</summary>
    internal const string Variable = "FOREFLOW_PROCESS_GROUP";

    /// <summary>Largest environment looked at, in bytes: the kernel's bound on arguments and environment together is in this range.</summary>
    private const int MaxEnvironmentBytes = 4 * 1024 * 1024;

    /// <summary>True when a process was started with this mark.</summary>
    internal static bool Carries(int processId, string mark) => Read(processId, mark) is { Length: 0 };

    /// <summary>What follows <paramref name="start"/> in the mark a process was started with; null where it carries none that begins so.</summary>
    internal static string? Read(int processId, string start)
    {
        Span<byte> path = stackalloc byte[40];
        var environment = new byte[16 * 1024];
        int length;
        while ((length = SystemCalls.ReadWhole(ProcessTable.PathOf(processId, "/environ"u8, path), environment)) == environment.Length
            && environment.Length < MaxEnvironmentBytes)
            environment = new byte[environment.Length * 4];

        var text = environment.AsSpan(0, Math.Max(0, length));
        var wanted = Encoding.UTF8.GetBytes($"{Variable}={start}");
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)0);
            var entry = end < 0 ? text : text[..end];
            if (entry.StartsWith(wanted)) return Encoding.UTF8.GetString(entry[wanted.Length..]);
            text = end < 0 ? default : text[(end + 1)..];
        }

        return null;
    }
}
