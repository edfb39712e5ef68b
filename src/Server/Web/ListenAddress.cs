using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SightPay.Server.Web;

/// <summary>One address of SIGHTPAY_URLS.</summary>
public sealed record ListenAddress(bool IsHttps, string Host, int Port)
{
    private const string Advice =
        "SIGHTPAY_URLS must list addresses such as http://localhost:8000;https://0.0.0.0:8443";

    /// <summary>Splits at semicolons and commas.</summary>
    /// <exception cref="SettingsException">Not addresses that one can listen on.</exception>
    public static IReadOnlyList<ListenAddress> ParseAll(string text)
    {
        var pieces = text.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return pieces.Length == 0
            ? throw new SettingsException($"{Advice}; none is there.")
            : [.. pieces.Select(Parse)];
    }

    public void Listen(KestrelServerOptions kestrel, Action<ListenOptions> configure)
    {
        if (Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            kestrel.ListenLocalhost(Port, configure);
        else if (Host is "*" or "+")
            kestrel.ListenAnyIP(Port, configure);
        else
            kestrel.Listen(IPAddress.Parse(Host), Port, configure);
    }

    public override string ToString() => $"{(IsHttps ? "https" : "http")}://{Host}:{Port}";

    private static ListenAddress Parse(string text)
    {
        try
        {
            var address = BindingAddress.Parse(text);
            var isKnown = address.Scheme is "http" or "https";
            var host = address.Host.Trim('[', ']');
            var isHost = host is "*" or "+" or "localhost" || IPAddress.TryParse(host, out _);
            if (isKnown && isHost && address is { PathBase: "", IsUnixPipe: false, Port: >= 0 and <= 65535 })
                return new ListenAddress(address.Scheme == "https", host, address.Port);
        }
        catch (FormatException)
        {
            // Answered below like every other text that is no address.
        }
        throw new SettingsException(
            $"{Advice}; the host is localhost, * or an IP address, and \"{text}\" is not such an address.");
    }
}
