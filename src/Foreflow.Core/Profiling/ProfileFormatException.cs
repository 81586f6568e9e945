namespace Foreflow.Core.Profiling;

/// <summary>Stored bytes are not a readable profile; the message says why in words a user understands.</summary>
public sealed class ProfileFormatException(string message) : Exception(message);
