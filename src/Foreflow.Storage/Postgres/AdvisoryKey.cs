using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Foreflow.Storage.Postgres;

/// <summary>Keys of PostgreSQL's advisory locks are 64 bits: names are hashed. Two names of one database clash once in 10^19.</summary>
internal static class AdvisoryKey
{
    public static long Of(string kind, string name) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"foreflow {kind} {name}")));
}
