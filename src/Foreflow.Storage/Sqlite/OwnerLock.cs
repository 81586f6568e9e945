using System.Text;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Sqlite;

/// <summary>
/// A lock on the file <c>owners/ID.lock</c>: an open file that shares with nobody (<c>flock</c> on Unix). Held by the owner while it lives, and by
/// whoever makes sure that an owner is dead. Whoever holds it takes the file away when done, so dead owners leave nothing behind once claimed.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private readonly FileStream file;

    private OwnerLock(OwnerId owner, FileStream file) => (Owner, this.file) = (owner, file);

    public OwnerId Owner { get; }

    /// <summary>Takes the lock; null when somebody else holds it.</summary>
    public static OwnerLock? TryTake(string folder, OwnerId owner)
    {
        AppendRules.CheckOwner(owner);
        var owners = Directory.CreateDirectory(Path.Combine(folder, "owners"));
        var path = Path.Combine(owners.FullName, $"{owner}.lock");
        while (true)
        {
            if (TryOpen(path) is not { } file) return null;
            var mark = $"{Environment.ProcessId} {Guid.NewGuid():N}";
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(mark));
            // Between opening and locking, the holder before may have taken this very file away: then the lock is on a file that nobody can see.
            if (ReadMark(path) == mark) return new OwnerLock(owner, file);
            file.Dispose();
        }
    }

    public void Dispose()
    {
        // Taken away while still locked: nobody can lock it in between.
        File.Delete(file.Name);
        file.Dispose();
    }

    private static FileStream? TryOpen(string path)
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

    private static string ReadMark(string path)
    {
        try
        {
            // Reading asks for no lock of its own.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file, Encoding.ASCII);
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
