namespace Foreflow.Testing;

/// <summary>Damages files in the ways people, editors and enemies do. Equal seeds give equal damage.</summary>
/// <param name="files">Files to begin with.</param>
/// <param name="tokens">What means something in them, and is thrown in anywhere.</param>
/// <param name="seed">Seed of the damage.</param>
internal sealed class FileMutator(IReadOnlyList<byte[]> files, IReadOnlyList<byte[]> tokens, int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>The next damaged file.</summary>
    public byte[] Next()
    {
        var bytes = new List<byte>(Pick(files));
        for (var count = _random.Next(2) == 0 ? 1 : 1 + _random.Next(4); count > 0; count--) Damage(bytes);
        return [.. bytes];
    }

    private void Damage(List<byte> bytes)
    {
        var at = _random.Next(bytes.Count + 1);
        var length = Math.Min(1 << _random.Next(8), bytes.Count - at);
        switch (_random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(_random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                var other = Pick(files);
                var start = _random.Next(other.Length + 1);
                bytes.InsertRange(at, other[start..Math.Min(other.Length, start + 1 + _random.Next(200))]);
                break;
            default:
                bytes.InsertRange(at, Pick(tokens));
                break;
        }
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];
}
