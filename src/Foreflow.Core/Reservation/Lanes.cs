using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>The four components of <see cref="Resources"/> as one vector register: what is added and compared a million times a second.</summary>
internal static class Lanes
{
    public static Vector256<long> Of(in Resources amount) => Unsafe.BitCast<Resources, Vector256<long>>(amount);

    public static Resources ToResources(Vector256<long> lanes) => Unsafe.BitCast<Vector256<long>, Resources>(lanes);

    /// <summary>True when no component is above its ceiling.</summary>
    public static bool IsWithin(Vector256<long> lanes, Vector256<long> ceiling) => !Vector256.GreaterThanAny(lanes, ceiling);
}
