using System.Net;
using System.Net.Sockets;

namespace Foreflow.Engine.Execution.Workers;

/// <summary>Finds loopback ports for workers, and gives none twice while it is in use.</summary>
internal sealed class FreePorts
{
    private readonly HashSet<int> taken = [];

    /// <summary>A port nobody listens at now.</summary>
    internal int Take()
    {
        lock (taken)
        {
            while (true)
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                var port = ((IPEndPoint)probe.LocalEndPoint!).Port;
                if (taken.Add(port)) return port;
            }
        }
    }

    internal void Return(int port)
    {
        lock (taken) taken.Remove(port);
    }
}
