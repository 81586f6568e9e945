using Foreflow.Cli.Presentation;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Cli.Commands;

/// <summary>Reads workflow files for commands.</summary>
public static class WorkflowFile
{
    /// <summary>The workflow of a file.</summary>
    /// <exception cref="UserErrorException">It cannot be read; the message has every fault with its place.</exception>
    public static WorkflowDefinition Read(string path)
    {
        byte[] bytes;
        try
        {
            var length = new FileInfo(path).Length;
            if (length > WorkflowReader.MaxBytes)
                throw new UserErrorException($"{path}: {length:N0} bytes; a workflow file has at most {WorkflowReader.MaxBytes:N0}. Keep data in files of its own and pass their names as inputs.");
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(Directory.Exists(path) ? $"{path} is a folder: name a workflow file in it" : $"{path} cannot be read: {e.Message}");
        }

        var reading = WorkflowReader.Read(bytes);
        if (reading.Workflow is { } workflow) return workflow;
        throw new UserErrorException(string.Join(Environment.NewLine, reading.Diagnostics.Select(d => d.ToString(path)).Append($"{path}: not a workflow that can run; nothing was started")));
    }
}
