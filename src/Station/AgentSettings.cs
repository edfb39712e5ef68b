using SightPay.Station.Cameras;

namespace SightPay.Station;

/// <summary>What the agent looks for.</summary>
internal enum Watching
{
    /// <summary>Cars at a pump: plates are read here, and what was read is sent.</summary>
    Plates,

    /// <summary>People at a gate or a till: faces are found here, and their part of the picture is sent.</summary>
    Faces,
}

/// <summary>How one agent was set up.</summary>
/// <param name="Server">Base address, with a slash at its end.</param>
/// <param name="Key">The station's key; never printed.</param>
/// <param name="Region">Whose plates are read, for instance <c>de</c> or <c>eu</c>.</param>
/// <param name="DataFolder">Holds the queue.</param>
/// <param name="ModelsFolder">Added model packs; the standard one comes with the build.</param>
internal sealed record AgentSettings(
    Uri Server, string Station, string Key, CameraAddress Camera, Watching Watch, string Region, string DataFolder,
    string ModelsFolder)
{
    public CameraSettings CameraSettings { get; init; } = new();

    /// <summary>The only certificate that is taken (a file, DER or PEM); null: one that the system trusts.</summary>
    public string? Certificate { get; init; }

    public override string ToString() => $"Station {Station} at {Server}";
}
