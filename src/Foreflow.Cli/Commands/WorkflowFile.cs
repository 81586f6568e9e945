using Foreflow.Cli.Presentation;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Cli.Commands;

/// <summary>Reads workflow files for commands.</summary>
public static class WorkflowFile
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>The workflow of a file.</summary>
    /// <exception cref="UserErrorException">It cannot be read; the message has every fault with its place.</exception>
    public static WorkflowDefinition Read(string path)
    {
        var reading = Load(path);
        if (reading.Workflow is { } workflow) return workflow;
        throw new UserErrorException(string.Join(Environment.NewLine, reading.Diagnostics.Select(d => d.ToString(path)).Append($"{path} cannot be used: put this right first")));
    }

    /// <summary>What is in a file, or all that is wrong with it: a file that cannot be opened is one more thing that is wrong.</summary>
    public static WorkflowReading Load(string path)
    {
        try
        {
            if (path.Length == 0) return Unreadable("there is no file without a name");
            if (Directory.Exists(path)) return Unreadable("this is a folder: name a workflow file in it");
            using var stream = path == StandardInput ? Console.OpenStandardInput() : File.OpenRead(path);
            return WorkflowReader.Read(ReadBounded(stream));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Unreadable("there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Unreadable($"the file cannot be read: {e.Message}");
        }
    }

    // One byte more than is allowed is enough to be refused, however much there is: the length of a device or pipe is not known.
    private static byte[] ReadBounded(Stream stream)
    {
        using var content = new MemoryStream();
        var piece = new byte[64 * 1024];
        int read;
        while (content.Length <= WorkflowReader.MaxBytes && (read = stream.Read(piece)) > 0) content.Write(piece, 0, read);
        return content.ToArray();
    }

    private static WorkflowReading Unreadable(string message) =>
        new(null, [new Diagnostic(DiagnosticSeverity.Error, "unreadable", message, "", 1, 1)]);
}
