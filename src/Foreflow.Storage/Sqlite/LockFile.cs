namespace Foreflow.Storage.Sqlite;

/// <summary>Locks between processes: an open file that shares with nobody. The kernel lets go of it when its process ends in whatever way.</summary>
internal static class LockFile
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Locks a file, which is made when missing; null when somebody else holds it.</summary>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Locks a file that others hold for moments only.</summary>
    public static FileStream Take(string path)
    {
        for (var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds; ;)
        {
            if (TryTake(path) is { } file) return file;
            if (Environment.TickCount64 > deadline) throw new IOException($"{path} has been locked for more than {Patience.TotalSeconds:0} s");
            Thread.Sleep(1);
        }
    }
}
