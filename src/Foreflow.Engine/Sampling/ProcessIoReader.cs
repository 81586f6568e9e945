using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Sampling;

/// <summary>
/// Disk traffic of one process and of every child it has waited for, from /proc/PID/io: counted when pages become
/// dirty, so that a short stage's writes are seen before the kernel carries them out. Readable until the process is
/// reaped, by its owner only.
/// </summary>
internal sealed class ProcessIoReader(int processId) : IUsageReader
{
    private readonly CounterFile file = new(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/io"));

    public UsageSample Read(Instant at)
    {
        Span<byte> buffer = stackalloc byte[512];
        var text = file.Read(buffer);
        return new(at, null, null, null, CounterText.Key(text, "read_bytes:"u8), CounterText.Key(text, "write_bytes:"u8), null, null);
    }

    public void Dispose() => file.Dispose();
}
