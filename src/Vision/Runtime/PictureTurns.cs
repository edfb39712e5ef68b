using System.Diagnostics;

namespace SightPay.Vision.Runtime;

/// <summary>What came of looking at a picture.</summary>
/// <param name="WaitMs">Milliseconds until it was its turn.</param>
/// <param name="DecodeMs">Milliseconds from encoded bytes to pixels.</param>
public sealed record PictureLook<T>(T Seen, double WaitMs, double DecodeMs);

/// <summary>
/// Lets so many pictures be looked at at once, whatever is looked for in them. More than there are cores would only
/// make all of them slower, and each one holds its pixels in memory: faces and plates share one of these.
/// </summary>
public sealed class PictureTurns(int atOnce) : IDisposable
{
    private readonly SemaphoreSlim _free = new(atOnce);

    /// <summary>Waits for a turn, decodes and looks.</summary>
    /// <exception cref="PictureException">Not a picture, truncated or too large.</exception>
    public async Task<PictureLook<T>> LookAsync<T>(
        ReadOnlyMemory<byte> encoded, PictureLimits limits, Func<Picture, T> look, CancellationToken ct)
    {
        var asked = Stopwatch.GetTimestamp();
        await _free.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            var started = Stopwatch.GetTimestamp();
            var picture = PictureCodec.Decode(encoded.Span, limits);
            var decodeMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            return new(look(picture), Stopwatch.GetElapsedTime(asked, started).TotalMilliseconds, decodeMs);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();
}
