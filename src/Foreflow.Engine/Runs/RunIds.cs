using System.Security.Cryptography;
using Foreflow.Core.Model;

namespace Foreflow.Engine.Runs;

/// <summary>Makes ids of runs: ten characters of time, then six of chance, so that ids sort by acceptance and never meet.</summary>
public static class RunIds
{
    // Crockford's base 32: no letter that is taken for a digit.
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>A new id.</summary>
    public static RunId New(DateTimeOffset now) => new(string.Create(16, now.ToUnixTimeMilliseconds(), static (text, milliseconds) =>
    {
        for (var i = 9; i >= 0; i--, milliseconds >>= 5) text[i] = Digits[(int)(milliseconds & 31)];
        Span<byte> chance = stackalloc byte[6];
        RandomNumberGenerator.Fill(chance);
        for (var i = 0; i < 6; i++) text[10 + i] = Digits[chance[i] & 31];
    }));
}
