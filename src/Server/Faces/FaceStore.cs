using System.Runtime.CompilerServices;
using Npgsql;

namespace SightPay.Server.Faces;

/// <summary>A stored face; its template is sealed.</summary>
internal sealed record FaceRow(
    Guid Person, Guid TemplateId, string Pack, byte[] Sealed, double Quality, int ImagesUsed, string Liveness,
    DateTimeOffset EnrolledAt)
{
    /// <summary>Enrolled from photos alone.</summary>
    public const string NoLiveness = "none";

    public const string ChallengePassed = "challenge";

    public bool LivenessProved => Liveness != NoLiveness;

    /// <param name="liveness">As the database sends text.</param>
    public static bool IsProved(ReadOnlySpan<byte> liveness) => !liveness.SequenceEqual("none"u8);
}

/// <summary>A step of the change feed: a stored face with the key that opens it, or its removal (both null).
/// </summary>
internal sealed record FaceChange(long Seq, Guid Person, FaceRow? Face, byte[]? WrappedKey);

/// <summary>This slice's SQL.</summary>
internal sealed class FaceStore(NpgsqlDataSource database, TimeProvider clock)
{
    public const string Channel = "face_change";

    // "face" in ASCII: the advisory lock that enrolments and erasures of all processes share.
    private const long LockId = 0x66616365;

    private const string Columns =
        "f.template_id, f.pack, f.sealed, f.quality, f.images_used, f.liveness, f.enrolled_at";

    public static async Task LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction);
        command.Parameters.Add(new() { Value = LockId });
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task PutAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, FaceRow face, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into face (person, template_id, pack, sealed, quality, images_used, liveness, enrolled_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (person) do update set template_id = excluded.template_id, pack = excluded.pack,
                sealed = excluded.sealed, quality = excluded.quality, images_used = excluded.images_used,
                liveness = excluded.liveness, enrolled_at = excluded.enrolled_at
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = face.Person }, new() { Value = face.TemplateId }, new() { Value = face.Pack },
                new() { Value = face.Sealed }, new() { Value = (float)face.Quality },
                new() { Value = (short)face.ImagesUsed }, new() { Value = face.Liveness },
                new() { Value = face.EnrolledAt.ToUniversalTime() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
        await AnnounceAsync(connection, transaction, face.Person, ct);
    }

    /// <returns>False when there is no such face any more.</returns>
    public async Task<bool> ProveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, Guid templateId, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "update face set liveness = $3 where person = $1 and template_id = $2", connection, transaction)
        {
            Parameters =
            {
                new() { Value = person }, new() { Value = templateId }, new() { Value = FaceRow.ChallengePassed },
            },
        };
        if (await command.ExecuteNonQueryAsync(ct) == 0) return false;
        await AnnounceAsync(connection, transaction, person, ct);
        return true;
    }

    public async Task RemoveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("delete from face where person = $1", connection, transaction);
        command.Parameters.Add(new() { Value = person });
        if (await command.ExecuteNonQueryAsync(ct) > 0) await AnnounceAsync(connection, transaction, person, ct);
    }

    public async Task<FaceRow?> FindAsync(Guid person, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {Columns} from face f where f.person = $1");
        command.Parameters.Add(new() { Value = person });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? ReadRow(reader, person, 0) : null;
    }

    /// <summary>The newest number of the feed; everything up to it is part of what a later read of the faces shows.
    /// </summary>
    public async Task<long> LastSeqAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select coalesce(max(seq), 0) from face_change");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public async IAsyncEnumerable<FaceBatch> AllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // The keys of a million people are 150 MB: a hash of them, and one pass over the templates. Where they do not
        // fit, PostgreSQL writes all templates to temporary files before it gives out the first; while its statistics
        // are old, it may fetch both row by row in the order of an index.
        await using (var plan = new NpgsqlCommand(
            """
            set local work_mem = '512MB'; set local enable_mergejoin = off; set local enable_nestloop = off;
            set local max_parallel_workers_per_gather = 0
            """, connection, transaction))
            await plan.ExecuteNonQueryAsync(ct);
        await foreach (var batch in FaceCopy.ReadAsync(connection, ct)) yield return batch;
    }

    public async IAsyncEnumerable<FaceChange> ChangesAfterAsync(
        long seq, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             select c.seq, c.person, k.wrapped_key, {Columns}
             from face_change c left join face f on f.person = c.person
             left join person_key k on k.person_id = f.person and k.purpose = 'face'
             where c.seq > $1 order by c.seq
             """);
        command.Parameters.Add(new() { Value = seq });
        await foreach (var change in ReadAsync(command, ct)) yield return change;
    }

    private static async IAsyncEnumerable<FaceChange> ReadAsync(
        NpgsqlCommand command, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var person = reader.GetGuid(1);
            var key = reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2);
            var face = reader.IsDBNull(3) ? null : ReadRow(reader, person, 3);
            yield return new FaceChange(reader.GetInt64(0), person, face, key);
        }
    }

    private async Task AnnounceAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"with change as (insert into face_change (person, at) values ($1, $2) returning seq) "
            + $"select pg_notify('{Channel}', seq::text) from change", connection, transaction);
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static FaceRow ReadRow(NpgsqlDataReader reader, Guid person, int from) => new(
        person, reader.GetGuid(from), reader.GetString(from + 1), reader.GetFieldValue<byte[]>(from + 2),
        Math.Round(reader.GetFloat(from + 3), 3), reader.GetInt16(from + 4), reader.GetString(from + 5),
        reader.GetFieldValue<DateTimeOffset>(from + 6));
}
