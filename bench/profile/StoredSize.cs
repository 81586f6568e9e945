using Foreflow.Core.Profiling;

namespace Foreflow.Bench.Profile;

/// <summary>What a stored profile weighs, by how much it has seen.</summary>
internal static class StoredSize
{
    public static void Run()
    {
        var attempts = Attempts.Make(1_000_000, seed: 2);
        var profile = new StageProfile();
        var seen = 0;
        foreach (var target in new[] { 1_000, 10_000, 100_000, 1_000_000, 10_000_000 })
        {
            for (; seen < target; seen++) profile.Record(attempts[seen % attempts.Length]);
            Console.WriteLine($"{target,12:N0} attempts: {profile.ToBytes().Length:N0} B");
        }
    }
}
