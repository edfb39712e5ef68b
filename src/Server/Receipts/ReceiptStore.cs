using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Receipts.Tree;

namespace SightPay.Server.Receipts;

/// <summary>A receipt at its place in the log, with the hash that was stored for it.</summary>
internal sealed record PlacedReceipt(long Place, Receipt Receipt, byte[] LeafHash);

/// <summary>Reads receipts.</summary>
internal sealed class ReceiptStore(NpgsqlDataSource database)
{
    private const string Columns =
        """
        seq, id, kind, at, amount_minor, currency, payer, payer_salt, payer_commitment, payee, subject, corrects, text,
        salt, leaf
        """;

    public async Task<PlacedReceipt?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {Columns} from receipt where id = $1");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    /// <summary>Newest first.</summary>
    /// <param name="payer">Null: everybody's.</param>
    /// <param name="subject">Null: about anything.</param>
    public async Task<IReadOnlyList<PlacedReceipt>> ListAsync(
        Guid? payer, Guid? subject, long? before, int most, CancellationToken ct)
    {
        // Each filter has its index, so each has its statement.
        var (filter, value) = (payer, subject) switch
        {
            (_, { } about) => ("subject = $1 and ($2::uuid is null or payer = $2)", about),
            ({ } person, null) => ("payer = $1 and $2::uuid is null", person),
            _ => ("$1::uuid is null and $2::uuid is null", (Guid?)null),
        };
        await using var command = database.CreateCommand(
            $"select {Columns} from receipt where {filter} and seq < $3 order by seq desc limit $4");
        command.Parameters.Add(Id(value));
        command.Parameters.Add(Id(subject is null ? null : payer));
        command.Parameters.Add(new() { Value = before ?? long.MaxValue });
        command.Parameters.Add(new() { Value = most });
        var receipts = new List<PlacedReceipt>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) receipts.Add(Read(reader));
        return receipts;
    }

    /// <summary>The whole log in its order.</summary>
    public async IAsyncEnumerable<PlacedReceipt> AllAsync(
        NpgsqlConnection connection, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select {Columns} from receipt order by seq", connection)
        {
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return Read(reader);
    }

    /// <summary>The hashes of these subtrees of the log.</summary>
    public async Task<IReadOnlyList<byte[]>> HashesAsync(IReadOnlyList<LeafRange> parts, CancellationToken ct)
    {
        if (parts.Count == 0) return [];
        await using var connection = await database.OpenConnectionAsync(ct);
        return await TreeStore.HashesAsync(connection, parts, ct);
    }

    private static NpgsqlParameter Id(Guid? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid };

    private static PlacedReceipt Read(NpgsqlDataReader reader)
    {
        var payer = reader.IsDBNull(6) ? null : new Payer(reader.GetGuid(6), reader.GetFieldValue<byte[]>(7));
        var commitment = reader.IsDBNull(8) ? payer?.Commitment() : reader.GetFieldValue<byte[]>(8);
        var receipt = new Receipt(
            reader.GetGuid(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3),
            new Money(reader.GetInt64(4), reader.GetString(5)), payer, commitment, reader.GetString(9),
            reader.GetGuid(10), reader.IsDBNull(11) ? null : reader.GetGuid(11),
            reader.IsDBNull(12) ? null : reader.GetString(12), reader.GetFieldValue<byte[]>(13));
        return new PlacedReceipt(reader.GetInt64(0), receipt, reader.GetFieldValue<byte[]>(14));
    }
}
