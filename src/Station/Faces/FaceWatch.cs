using SightPay.Station.Cameras;
using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;

namespace SightPay.Station.Faces;

/// <summary>
/// People before a gate's or a till's camera: finds faces, cuts them out and shows them to the server. There is no
/// template here, and no picture is ever written down: a gate's answer that comes late is of no use.
/// </summary>
internal sealed class FaceWatch(Camera camera, FaceFinder finder, FaceStream stream, TimeProvider clock)
{
    private const int JpegQuality = 90;

    private readonly FaceWindow _window = new(clock);

    /// <summary>Watches until the camera ends.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (await camera.NextAsync(ct) is { } frame)
            if (_window.Cut(frame.Picture, finder.Find(frame.Picture)) is { } part)
                await stream.ShowAsync(PictureCodec.EncodeJpeg(part, JpegQuality), ct);
    }
}
