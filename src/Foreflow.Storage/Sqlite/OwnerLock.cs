using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Sqlite;

/// <summary>
/// A lock on the file <c>owners/ID.lock</c>: held by the owner while it lives, and by whoever makes sure that an owner stays dead.
/// The holder takes the file away when done, so owners leave nothing behind once claimed.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private readonly string folder;
    private readonly FileStream file;

    private OwnerLock(string folder, OwnerId owner, FileStream file) => (this.folder, Owner, this.file) = (folder, owner, file);

    public OwnerId Owner { get; }

    /// <summary>Takes the lock; null when somebody else holds it.</summary>
    public static OwnerLock? TryTake(string folder, OwnerId owner)
    {
        var path = PathOf(folder, owner);
        using var gate = EnterGate(folder);
        return LockFile.TryTake(path) is { } file ? new OwnerLock(folder, owner, file) : null;
    }

    /// <summary>Whether anybody holds the lock.</summary>
    public static bool IsTaken(string folder, OwnerId owner)
    {
        var path = PathOf(folder, owner);
        using var gate = EnterGate(folder);
        if (!File.Exists(path)) return false;
        using var file = LockFile.TryTake(path);
        return file is null;
    }

    public void Dispose()
    {
        using var gate = EnterGate(folder);
        File.Delete(file.Name);
        file.Dispose();
    }

    // Opening, locking and taking away are several steps each. One lock around them keeps two processes from locking two files of one name,
    // of which one is already taken away.
    private static FileStream EnterGate(string folder) =>
        LockFile.Take(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "owners")).FullName, ".gate"));

    private static string PathOf(string folder, OwnerId owner)
    {
        AppendRules.CheckOwner(owner);
        return Path.Combine(folder, "owners", $"{owner}.lock");
    }
}
