using System.Net;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Runtime;

namespace Foreflow.Storage.Clustering;

/// <summary>Tells clients which silos take their calls: the active members that have a gateway.</summary>
public sealed class DbGatewayList(IMembershipTable members, IOptions<GatewayOptions> options) : IGatewayListProvider
{
    /// <inheritdoc/>
    public TimeSpan MaxStaleness => options.Value.GatewayListRefreshPeriod;

    /// <inheritdoc/>
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => members.InitializeMembershipTableAsync(true, CancellationToken.None);

    /// <inheritdoc/>
    public async Task<IList<Uri>> GetGateways()
    {
        var table = await members.ReadAllAsync(CancellationToken.None);
        return
        [
            .. table.Members.Select(row => row.Item1)
                .Where(member => member.Status == SiloStatus.Active && member.ProxyPort > 0)
                .Select(member => SiloAddress.New(
                    new IPEndPoint(member.SiloAddress.Endpoint.Address, member.ProxyPort), member.SiloAddress.Generation).ToGatewayUri()),
        ];
    }
}
