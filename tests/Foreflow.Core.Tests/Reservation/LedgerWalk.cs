using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Core.Tests.Reservation;

/// <summary>The size of a random walk.</summary>
/// <param name="Horizon">Ticks over which time moves.</param>
/// <param name="Nodes">Most nodes at once.</param>
/// <param name="Capacity">Most of each resource a node has.</param>
/// <param name="MaxAmount">Most of each resource a claim takes.</param>
internal sealed record WalkSize(int Horizon, int Nodes, int Capacity, int MaxAmount);

/// <summary>Does the same random operations to the ledger and to the model and compares every answer; throws where they differ.</summary>
internal sealed class LedgerWalk
{
    private const long GraceTicks = 2;
    private readonly Random _random;
    private readonly WalkSize _size;
    private readonly LedgerModel _model;
    private ReservationLedger _ledger;
    private long _lastId;

    public LedgerWalk(int seed, WalkSize size)
    {
        _random = new Random(seed);
        _size = size;
        var options = new ReservationLedgerOptions { OverrunGrace = TimeSpan.FromTicks(GraceTicks) };
        _ledger = new ReservationLedger(new(0), options);
        _model = new LedgerModel(2 * size.Horizon, GraceTicks, options.OverrunShare);
    }

    /// <summary>How many operations were done.</summary>
    public long Operations { get; private set; }

    /// <summary>How many of them the ledger refused or answered with claims taken back: a walk that meets none proves nothing.</summary>
    public long Conflicts { get; private set; }

    /// <summary>Walks until time passed the horizon.</summary>
    public void Run()
    {
        while (_model.Now < _size.Horizon)
        {
            Step();
            Operations++;
            if (Operations % 16 == 0) CompareState();
        }

        CompareState();
    }

    private void Step()
    {
        if (_model.NodeCount == 0)
        {
            AddNode();
            return;
        }

        switch (_random.Next(100))
        {
            case < 40: Reserve(); break;
            case < 55: Release(); break;
            case < 62: Harden(); break;
            case < 67: Extend(); break;
            case < 73: Expire(); break;
            case < 80: Reclaim(); break;
            case < 86: AskEarliestFit(); break;
            case < 91: AskNextFit(); break;
            case < 94: SetCapacity(); break;
            case < 95: DrainOrReopen(); break;
            case < 96: AddOrRemoveNode(); break;
            case < 97: ReclaimNotWorthHolding(); break;
            case < 98: RepeatReservation(); break;
            case < 99: ContinueWithAClone(); break;
            default: Misuse(); break;
        }
    }

    private Resources Amount(int max) => new(_random.Next(max + 1), _random.Next(max + 1), _random.Next(4) == 0 ? _random.Next(max + 1) : 0);

    private Resources Capacity() => new(_random.Next(1, _size.Capacity + 1), _random.Next(1, _size.Capacity + 1), _random.Next(2) * _random.Next(1, _size.Capacity + 1));

    private long End() => _random.Next(8) == 0 ? long.MaxValue : _model.Now + 1 + _random.Next(1 + _size.Horizon / 4);

    private int Node()
    {
        int node;
        do node = _random.Next(_model.NodeCount);
        while (!_model.IsPresent(node) && Enumerable.Range(0, _model.NodeCount).Any(_model.IsPresent));
        return node;
    }

    private Claim? AnyClaim(Func<Claim, bool> where)
    {
        var claims = _model.Claims.Values.Where(where).ToList();
        return claims.Count == 0 ? null : claims[_random.Next(claims.Count)];
    }

    private void Reserve()
    {
        var node = Node();
        if (!_model.IsPresent(node)) return;
        var id = new ClaimId(++_lastId);
        var amount = Amount(_size.MaxAmount);
        var from = Math.Max(0, _model.Now - _random.Next(3));
        var claim = _random.Next(10) switch
        {
            < 3 => Claim.Hard(id, node, amount, new(from), new(End())),
            < 5 => Claim.Preemptible(id, node, amount, new(from), new(End()), _random.Next(5)),
            _ => Soft(id, node, amount),
        };
        var isReserved = _model.TryReserve(claim);
        Assert.Equal(isReserved, _ledger.TryReserve(claim));
        if (!isReserved) Conflicts++;
    }

    private Claim Soft(ClaimId id, int node, Resources amount)
    {
        var until = End();
        var from = until == long.MaxValue ? _model.Now + _random.Next(10) : _model.Now + _random.Next((int)(until - _model.Now));
        if (_random.Next(6) == 0) from = Math.Max(0, _model.Now - 1);
        return Claim.Soft(id, node, amount, new(from), new(until), _random.Next(5) / 4.0, _random.Next(5), new(End()));
    }

    private void Release()
    {
        var id = _random.Next(5) == 0 ? 1 + _random.NextInt64(_lastId + 1) : AnyClaim(_ => true)?.Id.Value ?? 1;
        Assert.Equal(_model.Release(id), _ledger.Release(new(id)));
    }

    private void Harden()
    {
        if (AnyClaim(c => c.Kind == ClaimKind.Soft) is not { } claim) return;
        var until = End();
        if (_model.Harden(claim.Id.Value, until) is { } taken)
        {
            Same(taken, _ledger.Harden(claim.Id, new(until)));
            Assert.Empty(_ledger.Harden(claim.Id, new(until)));
        }
        else
        {
            Conflicts++;
            Assert.Throws<OverCommitException>(() => _ledger.Harden(claim.Id, new(until)));
        }
    }

    private void Extend()
    {
        if (AnyClaim(c => c.Kind != ClaimKind.Soft) is not { } claim) return;
        var until = End();
        Same(_model.Extend(claim.Id.Value, until), _ledger.Extend(claim.Id, new(until)));
    }

    private void Expire()
    {
        var now = _model.Now + (_random.Next(3) == 0 ? _random.Next(1 + _size.Horizon / 40) : 1);
        var (reclaimed, overrun) = _model.Expire(now);
        var report = _ledger.Expire(new(now));
        Same(reclaimed, report.Reclaimed);
        Assert.Equal(overrun, report.Overrun);
    }

    private void Reclaim()
    {
        var node = Node();
        if (!_model.IsPresent(node)) return;
        var amount = Amount(2 * _size.MaxAmount);
        var from = _model.Now + _random.Next(3) switch { 0 => 0, 1 => -1, _ => _random.Next(10) };
        var until = from + 1 + _random.Next(1 + _size.Horizon / 4);
        if (until <= _model.Now) until = _model.Now + 1;
        var worth = _random.Next(8);
        ClaimId? by = _random.Next(2) == 0 ? new(_lastId + 1) : null;
        var expected = _model.Reclaim(node, amount, from, until, worth, by);
        Assert.Equal(expected is not null, _ledger.TryReclaim(node, amount, new(from), new(until), worth, out var reclaimed, by));
        Same(expected ?? [], reclaimed);
        if (expected is null) Conflicts++;
    }

    private void AskEarliestFit()
    {
        var amount = Amount(_size.MaxAmount);
        var duration = _random.Next(6) == 0 ? long.MaxValue : 1 + _random.Next(1 + _size.Horizon / 4);
        var notBefore = _model.Now + _random.Next(1 + _size.Horizon / 8) - 2;
        var not = _random.Next(2 * _size.Nodes);
        Assert.Equal(
            _model.EarliestFit(amount, duration, notBefore, node => node != not),
            _ledger.EarliestFit(amount, TimeSpan.FromTicks(duration), new(notBefore), node => node != not));
    }

    private void AskNextFit()
    {
        var (amount, until, start) = (Amount(_size.MaxAmount), End(), _random.Next(_model.NodeCount + 1));
        var kind = (ClaimKind)_random.Next(3);
        Assert.Equal(_model.NextFit(amount, kind, until, start), _ledger.NextFit(amount, kind, new(until), start));
        var node = Node();
        if (_model.IsPresent(node)) Assert.Equal(_model.FitsNow(node, amount, kind, _model.Now, until), _ledger.FitsNow(node, amount, kind, new(until)));
    }

    private void SetCapacity()
    {
        var node = Node();
        if (!_model.IsPresent(node)) return;
        var (capacity, others) = (Capacity(), Amount(2));
        Same(_model.SetCapacity(node, capacity, others), _ledger.SetCapacity(node, capacity, others));
    }

    private void DrainOrReopen()
    {
        var node = Node();
        if (!_model.IsPresent(node)) return;
        if (_random.Next(3) == 0)
        {
            Same(_model.Drain(node), _ledger.Drain(node));
        }
        else
        {
            _model.Reopen(node);
            _ledger.Reopen(node);
        }
    }

    private void AddOrRemoveNode()
    {
        if (Enumerable.Range(0, _model.NodeCount).Count(_model.IsPresent) < _size.Nodes) AddNode();
        else if (_random.Next(2) == 0) Remove(Node());

        void Remove(int node) => Same(_model.RemoveNode(node), _ledger.RemoveNode(node));
    }

    private void AddNode()
    {
        var (capacity, others) = (Capacity(), Amount(1));
        Assert.Equal(_model.AddNode(capacity, others), _ledger.AddNode(capacity, others));
    }

    private void ReclaimNotWorthHolding()
    {
        var price = _random.NextDouble() * 0.2;
        double Cost(Claim c) => price * Math.Min(10, c.Until.Ticks - _model.Now);
        Same(_model.ReclaimNotWorthHolding(Cost), _ledger.ReclaimNotWorthHolding(Cost));
    }

    private void RepeatReservation()
    {
        if (AnyClaim(_ => true) is not { } claim) return;
        Assert.True(_ledger.TryReserve(claim));
        Assert.Throws<ArgumentException>(() => _ledger.TryReserve(claim with { Owner = claim.Owner + 1 }));
    }

    private void ContinueWithAClone()
    {
        var original = _ledger;
        _ledger = _ledger.Clone();
        foreach (var claim in _model.Claims.Values.ToList()) original.Release(claim.Id);
        original.Expire(new(_model.Now + _size.Horizon));
    }

    private void Misuse()
    {
        Assert.Throws<KeyNotFoundException>(() => _ledger.Extend(new(-1), Instant.Never));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ledger.TryReserve(Claim.Hard(new(-1), 1_000, default, new(0), Instant.Never)));
        if (AnyClaim(c => c.Kind == ClaimKind.Soft) is { } soft) Assert.Throws<InvalidOperationException>(() => _ledger.Extend(soft.Id, Instant.Never));
    }

    private void Same(List<Reclaimed> expected, IReadOnlyList<Reclaimed> actual)
    {
        if (expected.Count > 0) Conflicts++;
        Assert.Equal(expected, actual);
    }

    private void CompareState()
    {
        _model.CheckNothingIsOverCommitted();
        Assert.Equal(_model.Claims.Count, _ledger.ClaimCount);
        foreach (var claim in _model.Claims.Values)
        {
            Assert.True(_ledger.TryGet(claim.Id, out var held));
            Assert.Equal(claim, held);
        }

        for (var node = 0; node < _model.NodeCount; node++)
        {
            if (!_model.IsPresent(node)) continue;
            Assert.Equal(_model.FreeToLend(node), Parts(_ledger.FreeToLend(node)));
            for (var i = 0; i < 8; i++)
            {
                var from = _model.Now + _random.Next(_size.Horizon / 2);
                var until = _random.Next(8) == 0 ? long.MaxValue : from + 1 + _random.Next(_size.Horizon / 4);
                Assert.Equal(_model.FreeAt(node, from, until), Parts(_ledger.FreeAt(node, new(from), new(until))));
            }
        }
    }

    private static long[] Parts(Resources r) => [r.CpuMillicores, r.MemoryBytes, r.NetworkBytesPerSecond, r.DiskBytesPerSecond];
}
