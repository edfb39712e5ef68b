using SightPay.Vision.Runtime;

namespace SightPay.Browser.Tests;

/// <summary>A film for Chromium's fake camera: MJPEG is one JPEG after the other. Deleted with the test.</summary>
internal sealed class CameraFilm : IDisposable
{
    private CameraFilm(string path) => Path = path;

    public string Path { get; }

    public static CameraFilm Of(IEnumerable<Picture> frames) =>
        Of(frames.Select(frame => PictureCodec.EncodeJpeg(frame, 92)));

    /// <param name="frames">JPEGs of one size.</param>
    public static CameraFilm Of(IEnumerable<byte[]> frames)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{System.IO.Path.GetRandomFileName()}.mjpeg");
        using var file = File.Create(path);
        foreach (var frame in frames) file.Write(frame);
        return new CameraFilm(path);
    }

    public void Dispose() => File.Delete(Path);
}
