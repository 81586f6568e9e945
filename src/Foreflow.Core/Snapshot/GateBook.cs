using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Core.Snapshot;

/// <summary>So many units in any stretch of time as long as the period.</summary>
/// <param name="Units">Units; at least 1.</param>
/// <param name="Period">The period; above zero.</param>
public readonly record struct GateRate(int Units, TimeSpan Period);

/// <summary>What a pool may use of a gate that it shares.</summary>
/// <param name="Units">Units it may hold at a time or, of a rate, spend within the period.</param>
/// <param name="Elsewhere">Units that other pools have.</param>
public readonly record struct GateGrant(int Units, int Elsewhere);

/// <summary>
/// The gates of a pool: what each lets through, who holds units, what was spent. Units of a capacity are held by a running
/// attempt and come back with its end, however it ends; units of a rate are spent when an attempt starts and come back one
/// period later. A sliding window, not a bucket that refills: a quota of 100 a minute is kept in every minute, not only on
/// average. Changed only by the snapshot's fold.
/// </summary>
public sealed class GateBook
{
    private readonly Dictionary<string, int> _capacities = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _held = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <summary>What the pool may use of shared gates by the leases it has, by gate.</summary>
    public ImmutableSortedDictionary<string, GateGrant> Granted { get; internal set; } = ImmutableSortedDictionary<string, GateGrant>.Empty;

    /// <summary>Units that running tasks hold, by gate.</summary>
    public IReadOnlyDictionary<string, int> Held => _held;

    /// <summary>True where no gate has a rate: nothing opens by time alone.</summary>
    public bool NeverOpensByTime => _windows.Count == 0;

    /// <summary>Units at a time that workflows declare: the largest; null where none does.</summary>
    public int? Capacity(string gate) => _capacities.TryGetValue(gate, out var declared) ? declared : null;

    /// <summary>Units per period that the newest workflow to declare it says; null where none does.</summary>
    public GateRate? Rate(string gate) => _windows.TryGetValue(gate, out var window) ? window.Rate : null;

    /// <summary>Units spent within the period that ends now; 0 for a gate without a rate.</summary>
    public int Spent(string gate, Instant now) => _windows.TryGetValue(gate, out var window) ? window.Spent(now) : 0;

    /// <summary>
    /// When so many units of a gate's rate can be had: now, or once enough has been spent a whole period ago;
    /// <see cref="Instant.Never"/> where the rate has fewer units than that.
    /// </summary>
    public Instant OpensAt(string gate, int units, Instant now) => _windows.TryGetValue(gate, out var window) ? window.OpensAt(units, now) : now;

    /// <summary>Gates that a workflow declares, in no particular but reproducible order.</summary>
    public IEnumerable<string> Declared => _capacities.Keys.Concat(_windows.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    internal void Declare(WorkflowSpec workflow)
    {
        foreach (var (gate, capacity) in workflow.GateCapacities) _capacities[gate] = Math.Max(capacity, _capacities.GetValueOrDefault(gate));
        foreach (var (gate, rate) in workflow.GateRates)
        {
            if (_windows.TryGetValue(gate, out var window)) window.Rate = rate;
            else _windows.Add(gate, new Window { Rate = rate });
        }
    }

    internal void Take(ImmutableSortedDictionary<string, int> claims, Instant now)
    {
        if (claims.IsEmpty) return;
        foreach (var (gate, units) in claims)
        {
            _held[gate] = _held.GetValueOrDefault(gate) + units;
            if (_windows.TryGetValue(gate, out var window)) window.Spend(units, now);
        }
    }

    internal void Give(ImmutableSortedDictionary<string, int> claims)
    {
        if (claims.IsEmpty) return;
        foreach (var (gate, units) in claims) _held[gate] -= units;
    }

    private sealed class Window
    {
        private readonly Queue<(Instant At, int Units)> _spent = new();
        private int _sum;

        public GateRate Rate { get; set; }

        public int Spent(Instant now)
        {
            while (_spent.TryPeek(out var oldest) && oldest.At + Rate.Period <= now) _sum -= _spent.Dequeue().Units;
            return _sum;
        }

        public void Spend(int units, Instant now)
        {
            _spent.Enqueue((now, units));
            _sum += units;
        }

        public Instant OpensAt(int units, Instant now)
        {
            if (units > Rate.Units) return Instant.Never;
            var excess = Spent(now) + units - Rate.Units;
            if (excess <= 0) return now;
            foreach (var (at, spent) in _spent)
            {
                excess -= spent;
                if (excess <= 0) return at + Rate.Period;
            }

            return Instant.Never;
        }
    }
}
