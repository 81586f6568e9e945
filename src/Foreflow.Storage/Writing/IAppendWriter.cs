using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Writing;

/// <summary>Commits appends in groups. The one part that each database does in its own way, because it is hot.</summary>
internal interface IAppendWriter
{
    /// <summary>Takes an append that follows the rules; see <see cref="IRunStore.AppendAsync"/>.</summary>
    ValueTask AppendAsync(PendingAppend append);
}
