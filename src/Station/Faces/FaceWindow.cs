using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;

namespace SightPay.Station.Faces;

/// <summary>
/// The part of the pictures that is sent: all faces with room around them, symmetrical to the camera's middle, so that
/// who stands in the middle there stands in the middle here. While somebody is there it only grows, so that the server
/// can follow a face from one part to the next.
/// </summary>
internal sealed class FaceWindow(TimeProvider clock)
{
    private static readonly TimeSpan _goneAfter = TimeSpan.FromSeconds(1.5);

    private Bounds? _bounds;
    private (int Width, int Height) _picture;
    private DateTimeOffset _lastSeen;

    private readonly record struct Bounds(int Left, int Top, int Right, int Bottom)
    {
        public Bounds With(Bounds other) => new(
            Math.Min(Left, other.Left), Math.Min(Top, other.Top), Math.Max(Right, other.Right),
            Math.Max(Bottom, other.Bottom));
    }

    /// <returns>The part with all faces; null when there is none.</returns>
    public Picture? Cut(Picture picture, IReadOnlyList<FaceBox> faces)
    {
        var now = clock.GetUtcNow();
        if (now - _lastSeen > _goneAfter || _picture != (picture.Width, picture.Height)) _bounds = null;
        if (faces.Count == 0) return null;
        (_lastSeen, _picture) = (now, (picture.Width, picture.Height));
        foreach (var face in faces) _bounds = _bounds?.With(Around(face, picture)) ?? Around(face, picture);
        return PartOf(picture, _bounds!.Value);
    }

    /// <summary>A face's width of room on all sides: hair, chin and what the quality gate looks at.</summary>
    private static Bounds Around(FaceBox face, Picture picture)
    {
        var centre = picture.Width / 2.0;
        var reach = Math.Max(centre - (face.X - face.Width), face.X + 2 * face.Width - centre);
        var left = (int)Math.Max(0, Math.Floor(centre - reach));
        return new(
            left, (int)Math.Max(0, Math.Floor(face.Y - face.Width)), picture.Width - left,
            (int)Math.Min(picture.Height, Math.Ceiling(face.Y + face.Height + face.Width)));
    }

    private static Picture PartOf(Picture picture, Bounds bounds)
    {
        var (width, height) = (bounds.Right - bounds.Left, bounds.Bottom - bounds.Top);
        var pixels = GC.AllocateUninitializedArray<byte>(width * height * 3);
        for (var row = 0; row < height; row++)
            picture.Pixels.Slice(((bounds.Top + row) * picture.Width + bounds.Left) * 3, width * 3)
                .CopyTo(pixels.AsSpan(row * width * 3));
        return new(width, height, pixels);
    }
}
