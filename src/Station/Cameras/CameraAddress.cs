namespace SightPay.Station.Cameras;

/// <summary>What a camera is, as far as ffmpeg has to know to open it.</summary>
internal enum CameraKind
{
    /// <summary>A picture file, shown again and again; it is read anew when it changes.</summary>
    Photo,

    /// <summary>A video file at its own pace.</summary>
    Film,

    /// <summary>A network camera, <c>rtsp://</c> or <c>rtsps://</c>.</summary>
    Rtsp,

    /// <summary>A device of this machine, <c>/dev/video0</c>.</summary>
    V4L2,

    /// <summary>Any other address that ffmpeg opens, for instance Motion JPEG over http.</summary>
    Stream,
}

/// <summary>Where the pictures come from. An address may hold a password, so it is never printed whole.</summary>
internal sealed record CameraAddress(CameraKind Kind, string Address)
{
    private static readonly string[] _photoEndings = [".jpg", ".jpeg", ".png", ".webp"];

    /// <param name="text">A path, a device, or a URL.</param>
    /// <exception cref="AgentException">A file that does not exist.</exception>
    public static CameraAddress Parse(string text)
    {
        if (text.StartsWith("/dev/", StringComparison.Ordinal)) return new(CameraKind.V4L2, text);
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && text.Contains("://", StringComparison.Ordinal))
            return new(uri.Scheme is "rtsp" or "rtsps" ? CameraKind.Rtsp : CameraKind.Stream, text);
        if (!File.Exists(text))
            throw new AgentException(
                $"There is no file {text}. --camera takes a picture, a film, /dev/videoN or a URL.");
        var isPhoto = _photoEndings.Contains(Path.GetExtension(text), StringComparer.OrdinalIgnoreCase);
        return new(isPhoto ? CameraKind.Photo : CameraKind.Film, Path.GetFullPath(text));
    }

    /// <summary>ffmpeg's options up to and with the input.</summary>
    /// <param name="loops">A film begins again at its end.</param>
    public IReadOnlyList<string> Input(int framesPerSecond, bool loops) => Kind switch
    {
        CameraKind.Photo => ["-re", "-framerate", $"{framesPerSecond}", "-loop", "1", "-i", Address],
        CameraKind.Film => loops
            ? ["-re", "-stream_loop", "-1", "-i", Address]
            : ["-re", "-i", Address],
        // TCP: a lost packet of UDP smears a plate over the rest of its picture. Five seconds, in microseconds.
        CameraKind.Rtsp => ["-rtsp_transport", "tcp", "-timeout", "5000000", "-fflags", "nobuffer", "-i", Address],
        CameraKind.V4L2 => ["-f", "v4l2", "-i", Address],
        _ => ["-fflags", "nobuffer", "-i", Address],
    };

    public override string ToString() => Kind switch
    {
        CameraKind.Photo or CameraKind.Film => Path.GetFileName(Address),
        CameraKind.V4L2 => Address,
        _ => Uri.TryCreate(Address, UriKind.Absolute, out var uri) ? $"{uri.Scheme}://{uri.Host}" : "a network camera",
    };
}
