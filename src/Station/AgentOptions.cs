using System.CommandLine;
using SightPay.Station.Cameras;
using SightPay.Vision.Plates;

namespace SightPay.Station;

/// <summary>The command line. The key comes from a file, since everybody on a machine may read command lines.</summary>
internal sealed class AgentOptions
{
    private readonly Option<string> _server = new("--server")
    {
        Description = "Where the server is, for instance https://pay.example", Required = true,
    };

    private readonly Option<string> _station = new("--station")
    {
        Description = "This station's id, for instance F1-P1 or S1-in", Required = true,
    };

    private readonly Option<string> _keyFile = new("--key-file")
    {
        Description = "A file with the station's key, readable by its owner alone", Required = true,
    };

    private readonly Option<string> _camera = new("--camera")
    {
        Description = "A picture, a film, /dev/videoN, or an address such as rtsp://", Required = true,
    };

    private readonly Option<Watching> _watch = new("--watch")
    {
        Description = "plates (a pump) or faces (a gate or a till)", Required = true,
    };

    private readonly Option<string> _region = new("--region")
    {
        Description = "Whose plates are read, for instance de, gb, br, us or eu",
        DefaultValueFactory = _ => "eu",
    };

    private readonly Option<string> _data = new("--data")
    {
        Description = "A folder for what the server does not have yet, one for each station",
        DefaultValueFactory = _ => "sightpay-station",
    };

    private readonly Option<string> _models = new("--models")
    {
        Description = "A folder of added model packs", DefaultValueFactory = _ => "models",
    };

    private readonly Option<int> _frames = new("--frames-per-second")
    {
        Description = "At most; the newest frame wins", DefaultValueFactory = _ => 5,
    };

    private readonly Option<bool> _once = new("--once")
    {
        Description = "Ends when the film ends, instead of showing it again",
    };

    private readonly Option<string?> _certificate = new("--certificate")
    {
        Description = "The server's own certificate, for a server with a self-made one",
    };

    public void AddTo(RootCommand root)
    {
        _frames.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 30) result.AddError("--frames-per-second is 1 to 30.");
        });
        _region.Validators.Add(result =>
        {
            if (PlateGrammar.Of(result.GetValueOrDefault<string>() ?? "") is null)
                result.AddError($"--region is one of: {string.Join(", ", PlateGrammar.Regions)}.");
        });
        foreach (var option in new Option[]
        {
            _server, _station, _keyFile, _camera, _watch, _region, _data, _models, _frames, _once, _certificate,
        }) root.Add(option);
    }

    /// <exception cref="AgentException">Says which option cannot be used and why.</exception>
    public AgentSettings Read(ParseResult parsed) => new(
        ServerOf(parsed.GetRequiredValue(_server)), parsed.GetRequiredValue(_station),
        KeyIn(parsed.GetRequiredValue(_keyFile)), CameraAddress.Parse(parsed.GetRequiredValue(_camera)),
        parsed.GetRequiredValue(_watch), parsed.GetRequiredValue(_region), parsed.GetRequiredValue(_data),
        parsed.GetRequiredValue(_models))
    {
        CameraSettings = new(parsed.GetRequiredValue(_frames), Loops: !parsed.GetValue(_once)),
        Certificate = parsed.GetValue(_certificate),
    };

    private static Uri ServerOf(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && (uri.Scheme == Uri.UriSchemeHttps || uri.IsLoopback)
            ? uri
            : throw new AgentException(
                "--server is an https:// address; plain http:// would show the station's key to everybody on the way, "
                + "and is taken for this machine alone.");

    private static string KeyIn(string file)
    {
        try
        {
            var key = File.ReadAllText(file).Trim();
            return key.Length > 0 ? key : throw new AgentException($"The key file {file} is empty.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new AgentException($"The key file {file} cannot be read: {fault.Message}", fault);
        }
    }
}
