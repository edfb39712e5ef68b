using Npgsql;

namespace SightPay.Server.People;

/// <summary>A try that stands in the database before its hash is computed.</summary>
internal sealed record CountedTry(string Hash, long Number, int Open);

/// <summary>SQL of PINs and their tries. The row's lock puts parallel tries in order.</summary>
internal sealed class PinStore(NpgsqlDataSource database)
{
    public static async Task SetAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string hash, DateTimeOffset at,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into person_pin (person_id, hash, set_at) values ($1, $2, $3)
            on conflict (person_id) do update set hash = excluded.hash, set_at = excluded.set_at, open_tries = '{}'
            """, connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = hash }, new() { Value = at } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<bool> HasAsync(Guid person, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select exists (select from person_pin where person_id = $1)");
        command.Parameters.Add(new() { Value = person });
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Counts a try; null when there is no PIN or it is locked.</summary>
    public async Task<CountedTry?> CountAsync(Guid person, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update person_pin set tries_ever = tries_ever + 1, open_tries = open_tries || (tries_ever + 1)
            where person_id = $1 and cardinality(open_tries) < $2
            returning hash, tries_ever, cardinality(open_tries)
            """);
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = Pins.TriesMax });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new(reader.GetString(0), reader.GetInt64(1), reader.GetInt32(2))
            : null;
    }

    /// <summary>
    /// The try was right: it and those before it are forgiven, as if all had come one after the other; those after it
    /// still count. False when the PIN was changed meanwhile.
    /// </summary>
    public Task<bool> ForgiveAsync(Guid person, CountedTry right, CancellationToken ct) => CloseAsync(
        "open_tries = array(select t from unnest(open_tries) t where t > $3)", person, right, ct);

    /// <summary>The try turned out to be somebody else's: it alone is taken back.</summary>
    public Task<bool> TakeBackAsync(Guid person, CountedTry other, CancellationToken ct) =>
        CloseAsync("open_tries = array_remove(open_tries, $3)", person, other, ct);

    /// <summary>False when there is no locked PIN.</summary>
    public static async Task<bool> UnlockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            update person_pin set open_tries = '{}' where person_id = $1 and cardinality(open_tries) >= $2
            """, connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = Pins.TriesMax } },
        };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    private async Task<bool> CloseAsync(string set, Guid person, CountedTry tried, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"update person_pin set {set} where person_id = $1 and hash = $2");
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = tried.Hash });
        command.Parameters.Add(new() { Value = tried.Number });
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }
}
