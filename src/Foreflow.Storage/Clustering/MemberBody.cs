using System.Text.Json;
using Orleans;
using Orleans.Runtime;

namespace Foreflow.Storage.Clustering;

/// <summary>The fields of a member that no statement asks for, kept as JSON.</summary>
internal sealed record MemberBody(
    string HostName, string SiloName, string? RoleName, int ProxyPort, int UpdateZone, int FaultZone, IReadOnlyList<MemberBody.Suspicion> Suspicions)
{
    public static string Write(MembershipEntry member) => JsonSerializer.Serialize(new MemberBody(
        member.HostName,
        member.SiloName,
        member.RoleName,
        member.ProxyPort,
        member.UpdateZone,
        member.FaultZone,
        [.. (member.SuspectTimes ?? []).Select(suspect => new Suspicion(suspect.Item1.ToParsableString(), suspect.Item2.Ticks))]));

    public static MembershipEntry Read(string address, long status, long startedAt, long aliveAt, string text)
    {
        var body = JsonSerializer.Deserialize<MemberBody>(text) ?? throw new JsonException($"silo {address}: no body in the membership table");
        return new MembershipEntry
        {
            SiloAddress = SiloAddress.FromParsableString(address),
            Status = (SiloStatus)status,
            HostName = body.HostName,
            SiloName = body.SiloName,
            RoleName = body.RoleName,
            ProxyPort = body.ProxyPort,
            UpdateZone = body.UpdateZone,
            FaultZone = body.FaultZone,
            StartTime = new DateTime(startedAt, DateTimeKind.Utc),
            IAmAliveTime = new DateTime(aliveAt, DateTimeKind.Utc),
            SuspectTimes = [.. body.Suspicions.Select(suspect => Tuple.Create(
                SiloAddress.FromParsableString(suspect.By), new DateTime(suspect.At, DateTimeKind.Utc)))],
        };
    }

    /// <summary>A silo's vote that this member is dead.</summary>
    internal sealed record Suspicion(string By, long At);
}
