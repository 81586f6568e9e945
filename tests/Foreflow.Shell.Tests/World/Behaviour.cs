using Foreflow.Core.Model;

namespace Foreflow.Shell.Tests.World;

/// <summary>What an attempt will do, chosen by its name and the seed, whenever it runs.</summary>
/// <param name="Cause">How it ends by itself; <see cref="AttemptCause.Timeout"/> for never.</param>
/// <param name="Takes">How long that takes.</param>
/// <param name="Dying">How long it takes to end once it is asked to; what takes longer than its grace is killed.</param>
internal readonly record struct Behaviour(AttemptCause Cause, TimeSpan Takes, TimeSpan Dying)
{
    private static readonly AttemptCause[] Failures =
    [
        AttemptCause.ExitCode, AttemptCause.ExitCode, AttemptCause.Signal, AttemptCause.OutOfMemory, AttemptCause.BadOutput, AttemptCause.StartFailed, AttemptCause.Timeout,
    ];

    /// <param name="failing">Share of attempts that fail.</param>
    /// <param name="slow">True where some take longer than an idle grain stays in memory.</param>
    /// <param name="mayHang">False where nobody would end one that hangs.</param>
    public static Behaviour Of(ulong seed, AttemptId attempt, double failing, bool mayHang, bool slow)
    {
        var dice = Draw.Mix($"{seed}/{attempt}");
        double Unit(ulong n) => Draw.Uniform(dice, n, 0);
        var cause = Unit(1) < failing ? Failures[(int)(Unit(2) * Failures.Length)] : AttemptCause.Succeeded;
        if (cause == AttemptCause.Timeout && !mayHang) cause = AttemptCause.ExitCode;
        // Mostly short; some take minutes, and a few longer than an idle grain stays in memory.
        var takes = Unit(3) switch
        {
            < 0.6 => 0.01 + Unit(4),
            < 0.97 => 20 * Unit(4),
            _ => slow ? 1500 * Unit(4) : 5,
        };
        return new Behaviour(cause, TimeSpan.FromSeconds(takes), TimeSpan.FromSeconds(Unit(5) < 0.8 ? 0.2 * Unit(6) : 30 * Unit(6)));
    }
}
