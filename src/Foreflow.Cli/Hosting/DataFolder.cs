using System.CommandLine;
using Foreflow.Cli.Presentation;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;

namespace Foreflow.Cli.Hosting;

/// <summary>Where runs, profiles and logs are kept.</summary>
public static class DataFolder
{
    /// <summary>The option of every command that reads or writes them.</summary>
    public static Option<string?> Option() => new("--data")
    {
        Description = "Folder of runs, profiles and logs (default: $FOREFLOW_HOME, else foreflow in the user's data folder)",
        HelpName = "DIR",
    };

    /// <summary>The folder: as given, as the environment says, or the user's own.</summary>
    public static string Resolve(string? given)
    {
        var folder = given ?? Environment.GetEnvironmentVariable("FOREFLOW_HOME");
        if (!string.IsNullOrEmpty(folder)) return Path.GetFullPath(folder);
        var user = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(string.IsNullOrEmpty(user) ? Path.GetTempPath() : user, "foreflow");
    }

    /// <summary>Opens the store of a folder.</summary>
    /// <exception cref="UserErrorException">It cannot be opened; the message says why.</exception>
    public static IStorage Open(string folder)
    {
        try
        {
            return SqliteStorage.Open(new SqliteOptions { Folder = folder });
        }
        catch (StorageException e)
        {
            throw new UserErrorException($"{folder}: {e.Message}", ExitCodes.Failed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{folder} cannot be used: {e.Message} Name another folder with --data.", ExitCodes.Failed);
        }
    }

    /// <summary>Opens the store of a folder to read; says so where nothing was ever kept there.</summary>
    public static IStorage OpenExisting(string folder) => Directory.Exists(folder)
        ? Open(folder)
        : throw new UserErrorException($"{folder} does not exist: nothing has run there yet. 'foreflow run FILE' starts something; --data names another folder.");
}
