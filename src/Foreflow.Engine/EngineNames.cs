namespace Foreflow.Engine;

/// <summary>Names that several parts of the engine agree on.</summary>
public static class EngineNames
{
    /// <summary>The pool of an engine that was told of no other.</summary>
    public const string DefaultPool = "default";
}
