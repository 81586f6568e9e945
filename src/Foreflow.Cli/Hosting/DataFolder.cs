using System.CommandLine;
using Foreflow.Cli.Presentation;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Postgres;
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

    /// <summary>Names a PostgreSQL database that is used in place of the folder's own; the folder then holds logs and files of runs only.</summary>
    public const string DatabaseVariable = "FOREFLOW_DATABASE";

    private static string? Database => Environment.GetEnvironmentVariable(DatabaseVariable) is { Length: > 0 } database ? database : null;

    /// <summary>Opens the store of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="apart">True for a store in the folder itself, whatever the environment says.</param>
    /// <exception cref="UserErrorException">It cannot be opened; the message says why.</exception>
    public static async Task<IStorage> OpenAsync(string folder, bool apart = false)
    {
        try
        {
            if (apart || Database is not { } database) return SqliteStorage.Open(new SqliteOptions { Folder = folder });
            Directory.CreateDirectory(folder);
            return await PostgresStorage.OpenAsync(new PostgresOptions { ConnectionString = database });
        }
        catch (StorageException e)
        {
            throw new UserErrorException(Database is null ? $"{folder}: {e.Message}" : $"{DatabaseVariable}: {e.Message}", ExitCodes.Failed);
        }
        catch (ArgumentException e) when (Database is not null)
        {
            throw new UserErrorException($"{DatabaseVariable}: {e.Message} Write it as Host=127.0.0.1;Database=foreflow;Username=foreflow");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{folder} cannot be used: {e.Message} Name another folder with --data.", ExitCodes.Failed);
        }
    }

    /// <summary>Whether anything was ever kept there.</summary>
    public static bool HasStore(string folder) => Database is not null || File.Exists(Path.Combine(folder, SqliteStorage.FileName));

    /// <summary>Opens the store of a folder to read; says so where nothing was ever kept there.</summary>
    public static Task<IStorage> OpenExistingAsync(string folder) => Directory.Exists(folder) || Database is not null
        ? OpenAsync(folder)
        : throw new UserErrorException($"{folder} does not exist: nothing has run there yet. 'foreflow run FILE' starts something; --data names another folder.");
}
