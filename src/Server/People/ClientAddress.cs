using System.Net;
using System.Net.Sockets;

namespace SightPay.Server.People;

/// <summary>What counts as one client when sign-ups are limited.</summary>
internal static class ClientAddress
{
    /// <summary>The address; of IPv6 the /64, since one host has all of it.</summary>
    public static string KeyOf(IPAddress? address)
    {
        if (address is null) return "unknown";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }
}
