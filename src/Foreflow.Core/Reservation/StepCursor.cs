using System.Runtime.Intrinsics;

namespace Foreflow.Core.Reservation;

/// <summary>A place between two steps, the value there, and the group of blocks looked at next.</summary>
internal struct StepCursor
{
    public int Position;
    public int Index;
    public Vector256<long> Value;

    /// <summary>Blocks in the group, a power of two; 0 in the midst of a block.</summary>
    public int Width;

    /// <summary>True in the midst of a block: the rest of it cannot be skipped.</summary>
    public readonly bool IsInBlock => Width == 0;
}
