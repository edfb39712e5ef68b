using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SightPay.Server.Api;

/// <summary>
/// The product's meter and trace source. Slices make their instruments from it; labels are few and never personal.
/// </summary>
public static class Telemetry
{
    public const string Name = "SightPay";

    public static readonly Meter Meter = new(Name);
    public static readonly ActivitySource Activities = new(Name);

    internal static readonly UpDownCounter<int> ConnectionsOpen = Meter.CreateUpDownCounter<int>(
        "sightpay.connections.open", description: "Open WebSocket connections.");

    internal static readonly Counter<long> ConnectionsRefused = Meter.CreateCounter<long>(
        "sightpay.connections.refused",
        description: "Connections refused because MAX_CONCURRENT_CONNECTIONS was reached.");

    internal static readonly Counter<long> ProblemsAnswered = Meter.CreateCounter<long>(
        "sightpay.http.problems", description: "Problem answers by code.");
}
