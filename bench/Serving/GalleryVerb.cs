using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Faces;
using SightPay.Server.People;

namespace SightPay.Bench.Serving;

/// <summary>
/// gallery: how long a start takes with many sealed templates in the database, and how soon an enrolment and an erasure
/// that another process committed are seen by searches.
/// </summary>
internal static class GalleryVerb
{
    private const int Seed = 20_261_127;
    private const int Rounds = 20;
    private const int RowsAtOnce = 2_000;

    public static Command Create()
    {
        var templates = new Option<int>("--templates")
        {
            Description = "Enrolled people.", DefaultValueFactory = _ => 100_000,
        };
        var verb = new Command("gallery", "Start with many templates; enrolments and erasures seen.") { templates };
        verb.SetAction((result, ct) => RunAsync(
            result.GetValue(templates), result.InvocationConfiguration.Output, ct));
        return verb;
    }

    private static async Task<int> RunAsync(int templates, TextWriter output, CancellationToken ct)
    {
        if (templates < 1)
        {
            await output.WriteLineAsync("--templates is 1 or more.");
            return 1;
        }
        string folder;
        await using (var server = await BenchServer.StartAsync(ct))
        {
            await output.WriteLineAsync($"Sealing {templates} templates into a durable PostgreSQL ...");
            await FillAsync(server, templates, ct);
            (folder, server.KeepsFolder) = (server.Folder, true);
        }
        await output.WriteLineAsync("Starting again on it ...");
        var (started, before) = (Stopwatch.GetTimestamp(), CpuTime.Now());
        await using var again = await BenchServer.StartAsync(folder, ct);
        var (readyMs, after) = (Stopwatch.GetElapsedTime(started).TotalMilliseconds, CpuTime.Now());
        var (ownMs, postgresMs) = (
            (after.Own - before.Own).TotalMilliseconds, (after.Children - before.Children).TotalMilliseconds);
        if (again.Get<FaceRecogniser>().Enrolled != templates)
            throw new InvalidOperationException("The gallery is not what was stored.");
        var (enrolled, erased) = await FollowAsync(again, ct);
        await output.WriteLineAsync(
            $"Ready after {readyMs:0} ms, PostgreSQL's own start included: {ownMs:0} ms of processor time here and "
            + $"{postgresMs:0} ms in PostgreSQL, on {Environment.ProcessorCount} cores. Seen by searches after its "
            + $"commit, the slowest of {Rounds}: an enrolment {enrolled:0.0} ms, an erasure {erased:0.0} ms.");
        await output.WriteLineAsync(JsonSerializer.Serialize(new
        {
            templates,
            ready_ms = Math.Round(readyMs),
            ready_cpu_ms = Math.Round(ownMs + postgresMs),
            enrol_visible_ms = Math.Round(enrolled, 1),
            erase_visible_ms = Math.Round(erased, 1),
        }));
        return 0;
    }

    /// <summary>People, keys and sealed templates as enrolments leave them.</summary>
    private static async Task FillAsync(BenchServer server, int count, CancellationToken ct)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, count).Chunk(RowsAtOnce), ct, async (rows, token) =>
        {
            var random = new Random(Seed + rows[0]);
            var people = rows.Select(_ => Sealed(server, random)).ToArray();
            await using var connection = await server.Database.OpenConnectionAsync(token);
            await CopyAsync(
                connection, "person (id, name, email, email_key, password_hash, roles, created_at)", people,
                static (copy, one) =>
                {
                    copy.Write(one.Id, NpgsqlDbType.Uuid);
                    copy.Write("Bench", NpgsqlDbType.Text);
                    copy.Write($"{one.Id}@bench.invalid", NpgsqlDbType.Text);
                    copy.Write($"{one.Id}@bench.invalid", NpgsqlDbType.Text);
                    copy.Write("-", NpgsqlDbType.Text);
                    copy.Write((string[])["customer"], NpgsqlDbType.Array | NpgsqlDbType.Text);
                    copy.Write(DateTime.UnixEpoch, NpgsqlDbType.TimestampTz);
                }, token);
            await CopyAsync(connection, "person_key (person_id, purpose, wrapped_key)", people, static (copy, one) =>
            {
                copy.Write(one.Id, NpgsqlDbType.Uuid);
                copy.Write(EnrolFace.Purpose, NpgsqlDbType.Text);
                copy.Write(one.Key, NpgsqlDbType.Bytea);
            }, token);
            await CopyAsync(
                connection, "face (person, template_id, pack, sealed, quality, images_used, liveness, enrolled_at)",
                people, (copy, one) =>
                {
                    copy.Write(one.Id, NpgsqlDbType.Uuid);
                    copy.Write(one.Id, NpgsqlDbType.Uuid);
                    copy.Write(server.Get<FaceRecogniser>().Pack, NpgsqlDbType.Text);
                    copy.Write(one.Box, NpgsqlDbType.Bytea);
                    copy.Write(0.8f, NpgsqlDbType.Real);
                    copy.Write((short)1, NpgsqlDbType.Smallint);
                    copy.Write(FaceRow.NoLiveness, NpgsqlDbType.Text);
                    copy.Write(DateTime.UnixEpoch, NpgsqlDbType.TimestampTz);
                }, token);
        });
    }

    private static (Guid Id, byte[] Key, byte[] Box) Sealed(BenchServer server, Random random)
    {
        var (id, vault) = (Ids.Next(TimeProvider.System), server.Get<PersonVault>());
        var key = vault.NewKey(id, EnrolFace.Purpose);
        return (id, key, vault.Seal(id, EnrolFace.Purpose, key, Numbers(server, random)));
    }

    /// <summary>A random unit vector as its bytes.</summary>
    private static ReadOnlySpan<byte> Numbers(BenchServer server, Random random)
    {
        var values = new float[server.Get<FaceRecogniser>().Dimensions];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
        var length = MathF.Sqrt(values.Sum(value => value * value));
        for (var i = 0; i < values.Length; i++) values[i] /= length;
        return MemoryMarshal.AsBytes(values.AsSpan());
    }

    private static async Task CopyAsync<T>(
        NpgsqlConnection connection, string table, T[] rows, Action<NpgsqlBinaryImporter, T> write,
        CancellationToken ct)
    {
        await using var copy = await connection.BeginBinaryImportAsync($"copy {table} from stdin (format binary)", ct);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(ct);
            write(copy, row);
        }
        await copy.CompleteAsync(ct);
    }

    /// <summary>Enrols and erases one person again and again, past the server's own use cases.</summary>
    private static async Task<(double EnrolledMs, double ErasedMs)> FollowAsync(
        BenchServer server, CancellationToken ct)
    {
        var (recogniser, store) = (server.Get<FaceRecogniser>(), server.Get<FaceStore>());
        var (id, key, box) = Sealed(server, new Random(Seed));
        await using var connection = await server.Database.OpenConnectionAsync(ct);
        await using (var person = new NpgsqlCommand(
            """
            insert into person (id, name, email, email_key, password_hash, roles, created_at)
            values ($1, 'Bench', 'follow@bench.invalid', 'follow@bench.invalid', '-', '{customer}', now())
            """, connection) { Parameters = { new() { Value = id } } })
            await person.ExecuteNonQueryAsync(ct);
        await using (var keys = new NpgsqlCommand(
            "insert into person_key (person_id, purpose, wrapped_key) values ($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = id }, new() { Value = EnrolFace.Purpose }, new() { Value = key } },
        })
            await keys.ExecuteNonQueryAsync(ct);
        var row = new FaceRow(id, id, recogniser.Pack, box, 0.8, 1, FaceRow.NoLiveness, DateTimeOffset.UnixEpoch);
        var (before, enrolled, erased) = (recogniser.Enrolled, 0.0, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            await CommitAsync(connection, transaction => store.PutAsync(connection, transaction, row, ct), ct);
            enrolled = Math.Max(enrolled, await SeenAsync(recogniser, before + 1, ct));
            await CommitAsync(connection, transaction => store.RemoveAsync(connection, transaction, id, ct), ct);
            erased = Math.Max(erased, await SeenAsync(recogniser, before, ct));
        }
        return (enrolled, erased);
    }

    private static async Task CommitAsync(
        NpgsqlConnection connection, Func<NpgsqlTransaction, Task> act, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await act(transaction);
        await transaction.CommitAsync(ct);
    }

    private static async Task<double> SeenAsync(FaceRecogniser recogniser, int people, CancellationToken ct)
    {
        var committed = Stopwatch.GetTimestamp();
        while (recogniser.Enrolled != people) await Task.Delay(1, ct);
        return Stopwatch.GetElapsedTime(committed).TotalMilliseconds;
    }
}
