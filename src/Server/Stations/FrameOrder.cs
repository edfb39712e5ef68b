using System.Security.Cryptography;

namespace SightPay.Server.Stations;

/// <summary>Where a frame stands among those that came before it in its stream.</summary>
internal enum FramePlace
{
    /// <summary>A new picture, or the newest one asked about once more.</summary>
    Next,

    /// <summary>Older than one that came before: it may ask for its answer, and is not looked at.</summary>
    Late,

    /// <summary>A picture that came before under another key.</summary>
    Repeated,
}

/// <summary>
/// The order of one stream's frames. No camera gives the very same picture twice, nor an older one after a newer one;
/// what does so is played back. One caller at a time.
/// </summary>
internal sealed class FrameOrder
{
    /// <summary>Pictures that are remembered: eleven minutes of a kiosk that always sees somebody, some 100 KB. A
    /// camera that stands still gives one picture, which is remembered for ever.</summary>
    internal const int PicturesKept = 2048;

    // The first half of a picture's SHA-256, and the act of the key that it came with.
    private readonly Dictionary<Guid, Guid> _actOfPicture = [];
    private readonly Queue<Guid> _pictures = new();
    private Guid _newest;
    private long? _seq;

    /// <param name="seq">Of the station's own count; null where it does not count. One that has begun goes on.</param>
    /// <param name="act">Of the frame's key.</param>
    public FramePlace PlaceOf(long? seq, Guid act, ReadOnlySpan<byte> picture)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(picture, hash);
        var name = new Guid(hash[..16]);
        if (_actOfPicture.TryGetValue(name, out var first))
            return first != act ? FramePlace.Repeated : name == _newest ? FramePlace.Next : FramePlace.Late;
        Remember(name, act);
        if (_seq is { } last && !(seq > last)) return FramePlace.Late;
        (_seq, _newest) = (seq ?? _seq, name);
        return FramePlace.Next;
    }

    private void Remember(Guid name, Guid act)
    {
        _actOfPicture[name] = act;
        _pictures.Enqueue(name);
        if (_pictures.Count > PicturesKept) _actOfPicture.Remove(_pictures.Dequeue());
    }
}
