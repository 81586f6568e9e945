namespace Foreflow.Core.Reservation;

/// <summary>An operation would have promised more of a node than it has. Nothing was changed.</summary>
public sealed class OverCommitException(string message) : InvalidOperationException(message);
