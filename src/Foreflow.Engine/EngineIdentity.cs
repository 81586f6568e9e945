using Foreflow.Engine.Storage;

namespace Foreflow.Engine;

/// <summary>Who this engine process is.</summary>
/// <param name="Owner">Whose runs it carries on.</param>
/// <param name="Node">Name of the node it offers.</param>
/// <param name="DataFolder">Where attempts and artifacts lie.</param>
public sealed record EngineIdentity(OwnerId Owner, string Node, string DataFolder);
