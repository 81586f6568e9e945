using System.Diagnostics;
using System.Text.Json;

namespace Foreflow.EndToEnd.Tests;

/// <summary>Runs the foreflow command as a person would: a process of its own, in a folder of its own.</summary>
public sealed class Cli : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("foreflow-e2e-").FullName;

    /// <summary>Added to the environment of every command.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public static string Root { get; } = FindRoot();

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "foreflow");

    public void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    public async Task<Answer> Run(params string[] arguments)
    {
        using var process = Start(arguments);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            using var look = Start("plan", "--output", "json");
            var plan = await look.StandardOutput.ReadToEndAsync(CancellationToken.None);
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"foreflow {string.Join(' ', arguments)} did not end; it said\n{await output}{await error}\nand the newest plan was\n{plan}");
        }

        return new Answer(process.ExitCode, await output, await error);
    }

    /// <summary>Starts a command without waiting for it.</summary>
    public Process Start(params string[] arguments) => StartAs(Program, arguments);

    /// <summary>Starts a program that starts the command.</summary>
    public Process StartAs(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Folder,
        };
        start.Environment["FOREFLOW_HOME"] = Path.Combine(Folder, "data");
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A file that is still open is left to the system's cleaning of temporary folders.
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Foreflow.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }
}

public sealed record Answer(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;
}
