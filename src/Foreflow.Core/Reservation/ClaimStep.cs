using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>What a step does to the ledger.</summary>
public enum ClaimOperation : byte
{
    /// <summary>The claim is entered.</summary>
    Reserve,

    /// <summary>The claim is given back: it is used now, or no longer wanted.</summary>
    Release,

    /// <summary>The claim is taken back for more urgent work.</summary>
    Reclaim,
}

/// <summary>One change of the ledger. A plan's steps are carried out in their order.</summary>
/// <param name="Operation">What is done.</param>
/// <param name="Claim">The claim as it is entered, or was.</param>
/// <param name="Reason">Why, for people.</param>
public readonly record struct ClaimStep(ClaimOperation Operation, Claim Claim, string Reason);

/// <summary>Names of claims: a ticket, a replica, a forecast replica and room that is kept never share one.</summary>
public static class ClaimNames
{
    /// <summary>The claim of a running attempt.</summary>
    public static ClaimId Attempt(long ticket) => new(ticket * 4);

    /// <summary>The claim of a replica.</summary>
    public static ClaimId Replica(long number) => new((number * 4) + 1);

    /// <summary>The soft claim for the n-th replica of a stage.</summary>
    public static ClaimId Forecast(int stage, int ordinal) => new((((long)stage << 24) + ordinal) * 4 + 2);

    /// <summary>Which replica of its stage the soft claim for a forecast is for, from 1.</summary>
    public static int OrdinalOf(ClaimId forecast) => (int)((forecast.Value / 4) & 0xFF_FFFF);

    /// <summary>Room kept for a task that waits, while a plan is made.</summary>
    public static ClaimId Kept(long ticket) => new((ticket * 4) + 3);

    /// <summary>All that is free of a node, kept while a plan is made.</summary>
    public static ClaimId KeptOf(int node) => new(-1 - (4L * node));

    /// <summary>The ticket of an attempt's claim; -1 for any other claim.</summary>
    public static long TicketOf(ClaimId id) => id.Value % 4 == 0 ? id.Value / 4 : -1;
}

/// <summary>What it costs to be without, in units of one idle replica: the price list of all trade-offs.</summary>
public static class MissCost
{
    /// <summary>batch 4, normal 19, critical 99: the critical ratios .80, .95 and .99 as costs.</summary>
    public static double Of(Priority priority) => priority switch
    {
        Priority.Batch => 4,
        Priority.Critical => 99,
        _ => 19,
    };
}
