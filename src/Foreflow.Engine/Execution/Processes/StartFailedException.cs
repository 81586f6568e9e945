namespace Foreflow.Engine.Execution.Processes;

/// <summary>A process could not be started; the message is meant for whoever wrote the stage.</summary>
internal sealed class StartFailedException(string message) : Exception(message);
