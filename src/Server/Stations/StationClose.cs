using System.Net.WebSockets;

namespace SightPay.Server.Stations;

/// <summary>Close codes; those of 4000 and above say what HTTP would say with the last three digits.</summary>
internal static class StationClose
{
    public const WebSocketCloseStatus HelloExpected = (WebSocketCloseStatus)4400;
    public const WebSocketCloseStatus KeyInvalid = (WebSocketCloseStatus)4401;
    public const WebSocketCloseStatus WrongStation = (WebSocketCloseStatus)4403;
    public const WebSocketCloseStatus HelloMissing = (WebSocketCloseStatus)4408;
    public const WebSocketCloseStatus NoRoom = (WebSocketCloseStatus)4503;
    public const WebSocketCloseStatus Stopping = WebSocketCloseStatus.EndpointUnavailable;
}
