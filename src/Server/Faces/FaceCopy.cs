using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Npgsql;

namespace SightPay.Server.Faces;

/// <summary>
/// Everybody's sealed template with its key, as PostgreSQL's binary COPY sends it. A start reads a million of them:
/// objects for each row would take longer than the rows.
/// </summary>
/// <remarks>
/// The format (PostgreSQL's manual, COPY, "Binary Format"): a signature of 11 bytes, flags, the length of what extends
/// the header; then per row the number of its columns and, for each, its length (-1: null) and its bytes; at the end -1
/// as a number of columns. All numbers are big-endian.
/// </remarks>
internal static class FaceCopy
{
    private const int BatchBytes = 1 << 20;
    private const int HeaderBytes = 19;
    private const int Columns = 5;

    private const string Sql =
        """
        copy (
            select f.person, f.pack, f.liveness, f.sealed, k.wrapped_key
            from face f join person_key k on k.person_id = f.person and k.purpose = 'face'
        ) to stdout (format binary)
        """;

    /// <summary>Some hundred faces at a time. Whoever gets a batch returns it.</summary>
    public static async IAsyncEnumerable<FaceBatch> ReadAsync(
        NpgsqlConnection connection, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var copy = await connection.BeginRawBinaryCopyAsync(Sql, ct);
        var (buffer, filled, start) = (ArrayPool<byte>.Shared.Rent(BatchBytes), 0, HeaderBytes);
        while (true)
        {
            var read = await copy.ReadAsync(buffer.AsMemory(filled), ct);
            filled += read;
            // PostgreSQL sends row by row: a batch is worth handing over when the next row might not fit.
            if (read > 0 && filled < BatchBytes / 2) continue;
            if (start == HeaderBytes && filled >= HeaderBytes)
                start += BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(HeaderBytes - sizeof(int)));
            var end = EndOfRows(buffer.AsSpan(0, filled), start);
            if (read > 0 && end == start) throw new InvalidDataException("A row of the faces is longer than a batch.");
            var next = ArrayPool<byte>.Shared.Rent(BatchBytes);
            buffer.AsSpan(end, filled - end).CopyTo(next);
            var batch = new FaceBatch(buffer, start, end);
            (buffer, filled, start) = (next, filled - end, 0);
            yield return batch;
            if (read == 0) break;
        }
        ArrayPool<byte>.Shared.Return(buffer);
        if (filled != sizeof(short)) throw new InvalidDataException("The copy of the faces is cut short.");
    }

    /// <summary>Reads the row that begins at the offset and moves it to the next.</summary>
    internal static SealedFace Row(ReadOnlySpan<byte> bytes, ref int offset)
    {
        offset += sizeof(short);
        var person = new Guid(Column(bytes, ref offset), bigEndian: true);
        var pack = Column(bytes, ref offset);
        var liveness = Column(bytes, ref offset);
        var box = Column(bytes, ref offset);
        return new SealedFace(person, pack, liveness, box, Column(bytes, ref offset));
    }

    private static ReadOnlySpan<byte> Column(ReadOnlySpan<byte> bytes, ref int offset)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes[offset..]);
        var column = bytes.Slice(offset + sizeof(int), length);
        offset += sizeof(int) + length;
        return column;
    }

    /// <summary>The offset after the last row that is there whole.</summary>
    private static int EndOfRows(ReadOnlySpan<byte> bytes, int start)
    {
        for (var end = start; ; start = end)
        {
            if (bytes.Length - end < sizeof(short) || BinaryPrimitives.ReadInt16BigEndian(bytes[end..]) != Columns)
                return start;
            end += sizeof(short);
            for (var column = 0; column < Columns; column++)
            {
                if (bytes.Length - end < sizeof(int)) return start;
                end += sizeof(int) + BinaryPrimitives.ReadInt32BigEndian(bytes[end..]);
                if (end > bytes.Length) return start;
            }
        }
    }
}

/// <summary>Rows one after another; for one thread.</summary>
internal sealed class FaceBatch(byte[] buffer, int start, int end)
{
    private int _offset = start;

    public bool TryNext(out SealedFace face)
    {
        face = default;
        if (_offset == end) return false;
        face = FaceCopy.Row(buffer.AsSpan(0, end), ref _offset);
        return true;
    }

    public void Return() => ArrayPool<byte>.Shared.Return(buffer);
}

/// <summary>A stored face with the key that opens it, where it lies in its batch.</summary>
internal readonly ref struct SealedFace(
    Guid person, ReadOnlySpan<byte> pack, ReadOnlySpan<byte> liveness, ReadOnlySpan<byte> box,
    ReadOnlySpan<byte> wrappedKey)
{
    public readonly Guid Person = person;

    /// <summary>UTF-8, as all text.</summary>
    public readonly ReadOnlySpan<byte> Pack = pack;

    public readonly ReadOnlySpan<byte> Liveness = liveness;
    public readonly ReadOnlySpan<byte> Sealed = box;
    public readonly ReadOnlySpan<byte> WrappedKey = wrappedKey;
}
