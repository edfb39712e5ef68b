using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SightPay.Station.Sending;

/// <param name="Counter">Rises strictly for ever, over restarts and a lost data folder too.</param>
/// <param name="Body">As it is sent.</param>
internal sealed record QueuedSighting(long Counter, DateTimeOffset At, byte[] Body)
{
    public override string ToString() => $"Sighting {Counter}";
}

/// <summary>Bounds of the queue: what is older, or beyond the count, is dropped, oldest first.</summary>
internal sealed record QueueLimits(int CountMax = 10_000, TimeSpan? AgeMax = null)
{
    public TimeSpan KeptFor => AgeMax ?? TimeSpan.FromHours(24);
}

/// <summary>
/// Sightings that the server does not have yet, in one file that is only appended to; each is on the disk before
/// <see cref="Add"/> returns. What a power cut tore off is left out at the next start. Bodies hold plates, so they are
/// sealed under the station's key. One process at a time.
/// </summary>
internal sealed partial class SightingQueue : IDisposable
{
    private const int NonceBytes = 12, TagBytes = 16;
    private const int CompactFromBytes = 1 << 20;

    // kind, counter, time in ms, length of what follows, checksum over all of it
    private const int HeadBytes = 1 + 8 + 8 + 4 + 4;
    private const int BodyMax = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<Place> _waiting = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly string _path;
    private readonly QueueLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger<SightingQueue> _log;
    private readonly AesGcm _seal;
    private SafeFileHandle _file;
    private long _end;
    private long _last;

    private enum Kind : byte
    {
        Sighting = 1,

        /// <summary>The server has it, or it was dropped.</summary>
        Done = 2,

        /// <summary>Counters up to this one were given out.</summary>
        Mark = 3,
    }

    private readonly record struct Place(long Counter, DateTimeOffset At, long Offset, int Length);

    /// <param name="folder">Of this station alone.</param>
    /// <param name="stationKey">What the bodies are sealed under; with another key the old ones are dropped.</param>
    /// <exception cref="AgentException">Another agent uses the folder, or it cannot be written to.</exception>
    public SightingQueue(
        string folder, string stationKey, QueueLimits limits, TimeProvider clock, ILogger<SightingQueue> log)
    {
        (_limits, _clock, _log) = (limits, clock, log);
        _path = Path.Combine(folder, "queue");
        try
        {
            Directory.CreateDirectory(folder);
            _file = Open(_path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new AgentException(
                $"The queue in {folder} cannot be opened: {fault.Message} Does another agent run there?", fault);
        }
        _seal = new AesGcm(
            HKDF.DeriveKey(
                HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(stationKey), 32, info: "sightpay station queue"u8
                    .ToArray()),
            TagBytes);
        Recover();
        // Also when the folder was lost: the clock is beyond every counter that was given out before.
        _last = Math.Max(_last, clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    public int Count
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    /// <summary>Writes a sighting down.</summary>
    /// <param name="compose">Gives the body, which names the counter.</param>
    public void Add(DateTimeOffset at, Func<long, byte[]> compose)
    {
        lock (_lock)
        {
            var counter = ++_last;
            var body = compose(counter);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, BodyMax);
            var sealedBody = Seal(body);
            var offset = Append(Kind.Sighting, counter, at, sealedBody);
            _waiting.Enqueue(new(counter, at, offset, sealedBody.Length));
            RandomAccess.FlushToDisk(_file);
            while (_waiting.Count > _limits.CountMax) Drop("the queue is full");
        }
        if (_news.CurrentCount == 0) _news.Release();
    }

    /// <summary>Waits for the oldest sighting that the server does not have.</summary>
    public async Task<QueuedSighting> OldestAsync(CancellationToken ct)
    {
        while (true)
        {
            lock (_lock)
            {
                while (_waiting.TryPeek(out var place))
                {
                    if (_clock.GetUtcNow() - place.At > _limits.KeptFor) Drop("it is too old");
                    else if (Unseal(place) is { } body) return new(place.Counter, place.At, body);
                    else Drop("its seal is another key's, or it is damaged");
                }
            }
            await _news.WaitAsync(ct);
        }
    }

    /// <summary>The server has it, or will never take it.</summary>
    public void Done(long counter)
    {
        lock (_lock)
        {
            // It may have been dropped while it was on its way.
            if (!_waiting.TryPeek(out var oldest) || oldest.Counter != counter) return;
            _waiting.Dequeue();
            Append(Kind.Done, counter, _clock.GetUtcNow(), []);
            if (_waiting.Count == 0 && _end > CompactFromBytes) Compact();
        }
    }

    /// <summary>Waits until the server has all.</summary>
    public async Task EmptyAsync(CancellationToken ct)
    {
        while (Count > 0) await Task.Delay(TimeSpan.FromMilliseconds(100), _clock, ct);
    }

    public void Dispose()
    {
        _file.Dispose();
        _seal.Dispose();
        _news.Dispose();
    }

    private void Drop(string reason)
    {
        var place = _waiting.Dequeue();
        Append(Kind.Done, place.Counter, _clock.GetUtcNow(), []);
        LogDropped(place.Counter, reason);
    }

    private static SafeFileHandle Open(string path) => File.OpenHandle(
        path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, FileOptions.None);

    private void Recover()
    {
        var length = RandomAccess.GetLength(_file);
        var head = new byte[HeadBytes];
        while (_end + HeadBytes <= length)
        {
            if (RandomAccess.Read(_file, head, _end) < HeadBytes) break;
            var size = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(17));
            if (size is < 0 or > BodyMax + NonceBytes + TagBytes || _end + HeadBytes + size > length) break;
            var content = new byte[size];
            if (RandomAccess.Read(_file, content, _end + HeadBytes) < size) break;
            var sum = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(21));
            if (sum != Checksum(head.AsSpan(0, 21), content)) break;
            Replay((Kind)head[0], head, size);
            _end += HeadBytes + size;
        }
        if (_end == length) return;
        LogTorn(length - _end);
        RandomAccess.SetLength(_file, _end);
    }

    private void Replay(Kind kind, ReadOnlySpan<byte> head, int size)
    {
        var counter = BinaryPrimitives.ReadInt64LittleEndian(head[1..]);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(head[9..]));
        _last = Math.Max(_last, counter);
        if (kind == Kind.Sighting) _waiting.Enqueue(new(counter, at, _end + HeadBytes, size));
        else if (kind == Kind.Done && _waiting.TryPeek(out var oldest) && oldest.Counter == counter) _waiting.Dequeue();
    }

    /// <returns>Where the content begins.</returns>
    private long Append(Kind kind, long counter, DateTimeOffset at, ReadOnlySpan<byte> content)
    {
        var record = new byte[HeadBytes + content.Length];
        record[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(1), counter);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(9), at.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(17), content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(21), Checksum(record.AsSpan(0, 21), content));
        content.CopyTo(record.AsSpan(HeadBytes));
        RandomAccess.Write(_file, record, _end);
        _end += record.Length;
        return _end - content.Length;
    }

    /// <summary>All are done: a new file that only knows the counter takes the old one's place.</summary>
    private void Compact()
    {
        var fresh = _path + ".new";
        File.Delete(fresh);
        var old = _file;
        _file = Open(fresh);
        _end = 0;
        Append(Kind.Mark, _last, _clock.GetUtcNow(), []);
        RandomAccess.FlushToDisk(_file);
        File.Move(fresh, _path, overwrite: true);
        old.Dispose();
    }

    private byte[] Seal(byte[] body)
    {
        var sealedBody = new byte[NonceBytes + body.Length + TagBytes];
        var nonce = sealedBody.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        var (text, tag) = (NonceBytes, NonceBytes + body.Length);
        _seal.Encrypt(nonce, body, sealedBody.AsSpan(text, body.Length), sealedBody.AsSpan(tag));
        return sealedBody;
    }

    private byte[]? Unseal(Place place)
    {
        var sealedBody = new byte[place.Length];
        if (RandomAccess.Read(_file, sealedBody, place.Offset) < place.Length) return null;
        var body = new byte[place.Length - NonceBytes - TagBytes];
        try
        {
            _seal.Decrypt(
                sealedBody.AsSpan(0, NonceBytes), sealedBody.AsSpan(NonceBytes, body.Length),
                sealedBody.AsSpan(NonceBytes + body.Length), body);
            return body;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        hash.AppendData(content);
        return BinaryPrimitives.ReadUInt32LittleEndian(hash.GetHashAndReset());
    }

    [LoggerMessage(5010, LogLevel.Warning, "The sighting {Counter} is dropped: {Reason}.")]
    private partial void LogDropped(long counter, string reason);

    [LoggerMessage(5011, LogLevel.Warning, "{Bytes} bytes at the end of the queue were torn off and are left out.")]
    private partial void LogTorn(long bytes);
}
