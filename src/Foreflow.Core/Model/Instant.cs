using System.Globalization;

namespace Foreflow.Core.Model;

/// <summary>A point in time, in 100-nanosecond ticks since 1970-01-01T00:00:00Z. Core never reads a clock: every instant comes from the shell.</summary>
/// <param name="Ticks">Ticks of 100 ns since the Unix epoch; negative before it.</param>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>The Unix epoch.</summary>
    public static readonly Instant Epoch = new(0);

    /// <summary>Later than every real instant: "never".</summary>
    public static readonly Instant Never = new(long.MaxValue);

    /// <summary>The instant this many seconds after the Unix epoch.</summary>
    public static Instant FromUnixSeconds(double seconds) => new((long)Math.Round(seconds * TimeSpan.TicksPerSecond));

    /// <summary>The same point in time as a <see cref="DateTimeOffset"/>.</summary>
    public static Instant From(DateTimeOffset time) => new(time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks);

    /// <summary>Seconds since the Unix epoch.</summary>
    public double UnixSeconds => (double)Ticks / TimeSpan.TicksPerSecond;

    /// <summary>The same point in time, in UTC.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.UnixEpoch.AddTicks(Ticks);

    /// <summary>The time on a clock that is ahead of UTC by an offset, as text; <c>HH:mm:ss</c> unless a format is given.</summary>
    public string ToClock(TimeSpan offset, string format = "HH:mm:ss") => ToDateTimeOffset().ToOffset(offset).ToString(format, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    /// <summary>The earlier of two instants.</summary>
    public static Instant Min(Instant a, Instant b) => a.Ticks <= b.Ticks ? a : b;

    /// <summary>The later of two instants.</summary>
    public static Instant Max(Instant a, Instant b) => a.Ticks >= b.Ticks ? a : b;

    /// <summary>The instant <paramref name="span"/> later; saturates at <see cref="Never"/>.</summary>
    public static Instant operator +(Instant a, TimeSpan span) =>
        span.Ticks > 0 && a.Ticks > long.MaxValue - span.Ticks ? Never : new(a.Ticks + span.Ticks);

    /// <summary>The instant <paramref name="span"/> earlier.</summary>
    public static Instant operator -(Instant a, TimeSpan span) => new(a.Ticks - span.Ticks);

    /// <summary>The time from <paramref name="b"/> to <paramref name="a"/>.</summary>
    public static TimeSpan operator -(Instant a, Instant b) => new(a.Ticks - b.Ticks);

    /// <summary>Earlier than.</summary>
    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;

    /// <summary>Later than.</summary>
    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;

    /// <summary>Not later than.</summary>
    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;

    /// <summary>ISO 8601 in UTC with milliseconds; <c>never</c> for <see cref="Never"/>.</summary>
    public override string ToString() => this == Never
        ? "never"
        : ToDateTimeOffset().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
