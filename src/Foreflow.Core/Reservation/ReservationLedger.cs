using System.Runtime.CompilerServices;
using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>
/// Who may use how much of which node, and when. Its rules, at every instant from now on and for every kind of resource:
/// <list type="bullet">
/// <item>hard + soft &lt;= limit: forecast work finds what was set aside for it;</item>
/// <item>hard + preemptible &lt;= limit: what runs really fits. Soft capacity is thereby lent to preemptible work until it is called in.</item>
/// </list>
/// The limit is capacity less what others use. It may fall below what runs already; then soft and preemptible claims give way,
/// running hard work stays, and nothing more is admitted. Operations that do not fit change nothing. The order of results depends on
/// the order of calls only. Not safe for use by several threads at once.
/// </summary>
public sealed partial class ReservationLedger
{
    /// <summary>
    /// How much there is of a network or disk without a known limit, in bytes a second; also the most of any resource a node or a claim may
    /// have. Far enough from the largest number that sums stay exact.
    /// </summary>
    public const long Unlimited = 1L << 60;

    private static readonly Resources s_unlimited = new(Unlimited, Unlimited, Unlimited, Unlimited);

    private readonly ReservationLedgerOptions _options;
    private readonly List<NodeBook> _nodes;
    private readonly ClaimStore _claims;
    private readonly FreeIndex _free;
    private readonly WakeIndex _wakes;

    /// <summary>An empty ledger.</summary>
    /// <param name="now">The present; moves on by <see cref="Expire"/>.</param>
    /// <param name="options">How overruns are treated; null for the defaults.</param>
    public ReservationLedger(Instant now, ReservationLedgerOptions? options = null)
        : this(options ?? new(), [], new(), new(), new()) => Now = now;

    private ReservationLedger(ReservationLedgerOptions options, List<NodeBook> nodes, ClaimStore claims, FreeIndex free, WakeIndex wakes)
    {
        _options = options;
        _nodes = nodes;
        _claims = claims;
        _free = free;
        _wakes = wakes;
    }

    /// <summary>The ledger's present: what was before is forgotten.</summary>
    public Instant Now { get; private set; }

    /// <summary>How many claims it holds.</summary>
    public int ClaimCount => _claims.Count;

    /// <summary>The claim of this id as it is now; false when the ledger does not hold it.</summary>
    public bool TryGet(ClaimId id, out Claim claim) => _claims.TryGet(id, out claim);

    /// <summary>
    /// Enters a claim if its node has room for it over its whole interval. Entering the same claim again changes nothing and is true.
    /// </summary>
    /// <returns>False, and nothing changed, when there is no room or the node takes no new claims.</returns>
    /// <exception cref="ArgumentException">The claim is not valid, or a different claim of the same id is held.</exception>
    public bool TryReserve(in Claim claim)
    {
        var problem = Problem(claim);
        if (problem is null)
        {
            var book = Book(claim.Node);
            if (book.IsOpen && Fits(book, claim.Kind, claim.Amount, claim.From, claim.Until) && _claims.TryAdd(claim))
            {
                Account(book, claim);
                Refresh(claim.Node);
                return true;
            }
        }

        if (_claims.TryGet(claim.Id, out var known))
        {
            return known == claim ? true : throw new ArgumentException($"Claim {claim.Id} is held already with other content: {known}.", nameof(claim));
        }

        return problem is null ? false : throw new ArgumentException($"Claim {claim.Id} {problem}.", nameof(claim));
    }

    /// <summary>As <see cref="TryReserve"/>, for callers that know it fits.</summary>
    /// <exception cref="OverCommitException">It does not fit.</exception>
    public void Reserve(in Claim claim)
    {
        if (!TryReserve(claim))
        {
            throw new OverCommitException(
                $"Claim {claim.Id} of {claim.Amount} does not fit on node {claim.Node} from {claim.From} until {claim.Until}: {FreeAt(claim.Node, claim.From, claim.Until)} is free.");
        }
    }

    /// <summary>Gives a claim's resources back. Releasing a claim the ledger does not hold changes nothing.</summary>
    /// <returns>True if the claim was held.</returns>
    public bool Release(ClaimId id)
    {
        if (!_claims.TryRemove(id, out var claim)) return false;
        _nodes[claim.Node].Enter(claim, Now, -1);
        Refresh(claim.Node);
        return true;
    }

    /// <summary>
    /// Enters a claim that was given back a moment ago as it was. It is not asked whether it fits: where others take more of the node
    /// than was foreseen, what runs there may be over the limit, and it runs all the same.
    /// </summary>
    internal void Restore(in Claim claim)
    {
        Enter(claim);
        Refresh(claim.Node);
    }

    /// <summary>
    /// The work a soft claim was made for starts: the claim is hard from now until its expected end. Preemptible work that uses what
    /// was set aside, and soft claims in the way before or after the claim's own interval, give way, least worth first.
    /// Hardening again to the same end changes nothing.
    /// </summary>
    /// <returns>What gave way.</returns>
    /// <exception cref="KeyNotFoundException">The ledger does not hold the claim: it was released or taken back.</exception>
    /// <exception cref="InvalidOperationException">The claim is preemptible, or hard already with another end.</exception>
    /// <exception cref="OverCommitException">Running hard work leaves no room: the node's limit fell. Nothing was changed.</exception>
    public IReadOnlyList<Reclaimed> Harden(ClaimId id, Instant until)
    {
        var claim = Held(id);
        if (claim.Kind == ClaimKind.Hard && claim.Until == until) return [];
        if (claim.Kind != ClaimKind.Soft) throw new InvalidOperationException($"Claim {id} is {claim.Kind}, not soft: it cannot be hardened.");
        if (until <= Now) throw new ArgumentOutOfRangeException(nameof(until), $"The end {until} is not after now, {Now}.");

        var book = Book(claim.Node);
        if (!book.Hard.FitsWithin(book.Ceiling(claim.Amount)))
        {
            throw new OverCommitException($"Claim {id} of {claim.Amount} cannot start on node {claim.Node}: {book.Hard} of {book.Limit} runs already.");
        }

        Leave(claim);
        Enter(claim with { Kind = ClaimKind.Hard, From = Now, Until = until, Confidence = 1, Expiry = Instant.Never });
        var reclaimed = new List<Reclaimed>();
        var ceiling = book.LimitFor(claim.Amount);
        EvictSoft(claim.Node, Now, until, ceiling, double.PositiveInfinity, new(ReclaimReason.Hardened, id), reclaimed);
        EvictPreemptible(claim.Node, ceiling, double.PositiveInfinity, new(ReclaimReason.Hardened, id), reclaimed);
        Refresh(claim.Node);
        return reclaimed;
    }

    /// <summary>
    /// Moves the expected end of running work, later or earlier. Soft claims in the way of hard work that takes longer give way, least worth first.
    /// </summary>
    /// <returns>What gave way.</returns>
    /// <exception cref="KeyNotFoundException">The ledger does not hold the claim.</exception>
    /// <exception cref="InvalidOperationException">The claim is soft: release it and reserve anew.</exception>
    public IReadOnlyList<Reclaimed> Extend(ClaimId id, Instant until)
    {
        var claim = Held(id);
        if (claim.Kind == ClaimKind.Soft) throw new InvalidOperationException($"Claim {id} is soft: release it and reserve anew.");
        if (claim.Until == until) return [];
        if (until <= Now) throw new ArgumentOutOfRangeException(nameof(until), $"The end {until} is not after now, {Now}.");
        var reclaimed = new List<Reclaimed>();
        MoveEnd(claim, until, reclaimed);
        Refresh(claim.Node);
        return reclaimed;
    }

    /// <summary>An independent copy: changing one leaves the other as it was.</summary>
    public ReservationLedger Clone() => new(_options, [.. _nodes.Select(node => node.Clone())], _claims.Clone(), _free.Clone(), _wakes.Clone()) { Now = Now };

    private static Instant DueAt(in Claim claim) => claim.Kind switch
    {
        ClaimKind.Hard => claim.Until,
        ClaimKind.Soft => Instant.Min(claim.Expiry, claim.Until),
        _ => Instant.Never,
    };

    private string? Problem(in Claim claim)
    {
        if (!IsAmount(claim.Amount)) return $"has an amount that is not from 0 to {Unlimited} in each part: {claim.Amount}";
        // Preemptible work past its expected end is there until released; only hard claims are moved on meanwhile.
        if (claim.Until <= claim.From || (claim.Until <= Now && claim.Kind != ClaimKind.Preemptible)) return $"ends at {claim.Until}: not after its start {claim.From} and now, {Now}";
        if (double.IsNaN(claim.Value)) return "has a value that is not a number";
        if (claim.Kind != ClaimKind.Soft)
        {
            return claim.From <= Now ? null : $"is {claim.Kind}, for running work, but starts at {claim.From}, after now, {Now}; set aside for the future with a soft claim";
        }

        if (!(claim.Confidence is >= 0 and <= 1)) return $"has confidence {claim.Confidence}, outside [0, 1]";
        return claim.Expiry > Now ? null : $"expires at {claim.Expiry}, not after now, {Now}";
    }

    private static bool IsAmount(in Resources amount) => amount.IsNonNegative && amount.FitsWithin(s_unlimited);

    private static void CheckAmount(in Resources amount, [CallerArgumentExpression(nameof(amount))] string? name = null)
    {
        if (!IsAmount(amount))
        {
            throw new ArgumentOutOfRangeException(name, amount, $"Each amount is from 0 to {Unlimited}.");
        }
    }

    private bool Fits(NodeBook book, ClaimKind kind, in Resources amount, Instant from, Instant until) => kind switch
    {
        ClaimKind.Hard => book.FitsRunning(amount) && book.FitsPromised(amount, Now, until),
        ClaimKind.Soft => book.FitsPromised(amount, Instant.Max(from, Now), until),
        _ => book.FitsRunning(amount),
    };

    private Claim Held(ClaimId id) =>
        _claims.TryGet(id, out var claim) ? claim : throw new KeyNotFoundException($"The ledger does not hold claim {id}: it was released or taken back.");

    private NodeBook Book(int node) => node >= 0 && node < _nodes.Count && _nodes[node].IsPresent
        ? _nodes[node]
        : throw new ArgumentOutOfRangeException(nameof(node), $"There is no node {node}.");

    private void Enter(in Claim claim)
    {
        _claims.TryAdd(claim);
        Account(_nodes[claim.Node], claim);
    }

    private void Account(NodeBook book, in Claim claim)
    {
        book.Enter(claim, Now, +1);
        book.NextDue = Math.Min(book.NextDue, DueAt(claim).Ticks);
    }

    private void Leave(in Claim claim)
    {
        _claims.TryRemove(claim.Id, out _);
        _nodes[claim.Node].Enter(claim, Now, -1);
    }

    /// <summary>Brings the indexes up to date with one node.</summary>
    private void Refresh(int node)
    {
        var book = _nodes[node];
        if (book.IsOpen) _free.Set(node, book.FreeForGood, book.FreeToLend);
        else _free.Close(node);
        _wakes.Set(node, Math.Min(book.NextDue, book.Promised.FirstStep));
    }
}
