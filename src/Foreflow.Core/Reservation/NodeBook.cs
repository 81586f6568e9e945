using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>
/// One node's accounts. Running work has started, so its sum can only fall with time: what runs now is a plain sum,
/// and only hard plus soft, which includes work to come, needs a profile over time.
/// </summary>
internal sealed class NodeBook
{
    private NodeBook(TimeProfile promised) => Promised = promised;

    public NodeBook() : this(new TimeProfile())
    {
    }

    /// <summary>Hard plus soft at each instant.</summary>
    public TimeProfile Promised { get; }

    /// <summary>What all claims together may take.</summary>
    public Resources Limit { get; private set; }

    /// <summary>Hard plus preemptible, now.</summary>
    public Resources Running { get; set; }

    /// <summary>Hard, now.</summary>
    public Resources Hard { get; set; }

    /// <summary>Takes new claims.</summary>
    public bool IsOpen { get; set; }

    /// <summary>False once the node left and until its index is given to another.</summary>
    public bool IsPresent { get; set; }

    /// <summary>No claim is due before: to lapse, or to be found overrun.</summary>
    public long NextDue { get; set; } = long.MaxValue;

    /// <summary>Free for hard work that may never end.</summary>
    public Resources FreeForGood => Limit - Resources.Max(Promised.Peak, Running);

    /// <summary>Free for preemptible work.</summary>
    public Resources FreeToLend => Limit - Running;

    public void SetLimit(in Resources capacity, in Resources usedByOthers)
    {
        Limit = new Resources(
            capacity.CpuMillicores - usedByOthers.CpuMillicores,
            capacity.MemoryBytes - usedByOthers.MemoryBytes,
            LimitOf(capacity.NetworkBytesPerSecond, usedByOthers.NetworkBytesPerSecond),
            LimitOf(capacity.DiskBytesPerSecond, usedByOthers.DiskBytesPerSecond));

        static long LimitOf(long capacity, long usedByOthers) => capacity == 0 ? ReservationLedger.Unlimited : capacity - usedByOthers;
    }

    /// <summary>The most that may be promised already for the amount to fit. A kind of resource the amount does not use does not bind it.</summary>
    public Resources Ceiling(in Resources amount) => CeilingFor(amount, Limit - amount);

    /// <summary>The limit in the kinds of resource the amount uses.</summary>
    public Resources LimitFor(in Resources amount) => CeilingFor(amount, Limit);

    public bool FitsPromised(in Resources amount, Instant from, Instant until) =>
        Promised.FirstAbove(Ceiling(amount), from.Ticks, until.Ticks, out _) == long.MaxValue;

    public bool FitsRunning(in Resources amount) => Running.FitsWithin(Ceiling(amount));

    /// <summary>Enters (+1) or takes out (-1) a claim.</summary>
    public void Enter(in Claim claim, Instant now, int sign)
    {
        if (claim.Kind != ClaimKind.Preemptible) Promise(claim.Amount, claim.From, claim.Until, now, sign);
        if (claim.Kind != ClaimKind.Soft) Running += claim.Amount * sign;
        if (claim.Kind == ClaimKind.Hard) Hard += claim.Amount * sign;
    }

    /// <summary>Enters (+1) or takes out (-1) an amount over [from, until) in the profile, whose present is <paramref name="now"/>.</summary>
    public void Promise(in Resources amount, Instant from, Instant until, Instant now, int sign)
    {
        var change = amount * sign;
        if (from <= now) Promised.AddNow(change);
        else Promised.AddStep(from.Ticks, change);
        if (until == Instant.Never) return;
        if (until <= now) Promised.AddNow(Resources.Zero - change);
        else Promised.AddStep(until.Ticks, Resources.Zero - change);
    }

    public NodeBook Clone() => new(Promised.Clone())
    {
        Limit = Limit,
        Running = Running,
        Hard = Hard,
        IsOpen = IsOpen,
        IsPresent = IsPresent,
        NextDue = NextDue,
    };

    private static Resources CeilingFor(in Resources amount, in Resources ceiling) => new(
        amount.CpuMillicores == 0 ? long.MaxValue : ceiling.CpuMillicores,
        amount.MemoryBytes == 0 ? long.MaxValue : ceiling.MemoryBytes,
        amount.NetworkBytesPerSecond == 0 ? long.MaxValue : ceiling.NetworkBytesPerSecond,
        amount.DiskBytesPerSecond == 0 ? long.MaxValue : ceiling.DiskBytesPerSecond);
}
