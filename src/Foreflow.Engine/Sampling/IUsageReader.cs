using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Sampling;

/// <summary>Reads what one attempt or replica has consumed so far. What a reader cannot see is null, so that readers can be combined.</summary>
public interface IUsageReader : IDisposable
{
    /// <summary>Reads the counters now. Never throws because a process or group has gone: what cannot be read is null.</summary>
    /// <param name="at">The time to stamp the sample with.</param>
    UsageSample Read(Instant at);
}
