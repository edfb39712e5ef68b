using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>A payment with its place in the order of their beginnings.</summary>
public sealed record ListedPayment(long Seq, Payment Payment);

/// <summary>Reads payments; the ledger's writer alone writes them.</summary>
public sealed class PaymentStore(NpgsqlDataSource database)
{
    internal const string Columns =
        """
        id, kind, person, payee, payee_account, station, method, amount_minor, currency, state, captured_minor,
        refunded_minor, exception, dispute, dispute_reason, captures_later, sighting, hold, capture, version,
        created_at, due_at, authorised_at, captured_at
        """;

    public async Task<Payment?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {Columns} from payment where id = $1");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader, 0) : null;
    }

    /// <summary>Newest first.</summary>
    /// <param name="person">Null: everybody's.</param>
    /// <param name="kinds">Of these kinds alone.</param>
    public async Task<IReadOnlyList<ListedPayment>> ListAsync(
        Guid? person, IReadOnlyList<PaymentKind> kinds, long before, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
             select seq, {Columns} from payment
             where seq < $1 and kind = any($2) {(person is null ? "" : "and person = $4")}
             order by seq desc limit $3
             """);
        command.Parameters.Add(new() { Value = before });
        command.Parameters.Add(new() { Value = kinds.Select(Words.Of).ToArray() });
        command.Parameters.Add(new() { Value = most });
        if (person is { } id) command.Parameters.Add(new() { Value = id });
        return await ReadAllAsync(command, ct);
    }

    /// <summary>Payments whose objection is not decided, oldest first.</summary>
    internal async Task<IReadOnlyList<ListedPayment>> DisputedAsync(int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select seq, {Columns} from payment where dispute = 'open' order by seq limit $1");
        command.Parameters.Add(new() { Value = most });
        return await ReadAllAsync(command, ct);
    }

    /// <summary>Payments whose present state is over by itself.</summary>
    internal async Task<IReadOnlyList<ListedPayment>> OverdueAsync(DateTimeOffset now, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select seq, {Columns} from payment where due_at <= $1 order by due_at limit $2");
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = most });
        return await ReadAllAsync(command, ct);
    }

    internal static Payment Read(NpgsqlDataReader reader, int first) => new()
    {
        Id = reader.GetGuid(first),
        Kind = Words.Read<PaymentKind>(reader.GetString(first + 1)),
        Person = reader.GetGuid(first + 2),
        Payee = new Payee(reader.GetString(first + 3), reader.GetString(first + 4)),
        Station = Optional(reader, first + 5, reader.GetString),
        Method = reader.GetString(first + 6),
        Amount = new Money(reader.GetInt64(first + 7), reader.GetString(first + 8)),
        State = Words.Read<PaymentState>(reader.GetString(first + 9)),
        CapturedMinor = reader.GetInt64(first + 10),
        RefundedMinor = reader.GetInt64(first + 11),
        Exception = Word<PaymentException>(reader, first + 12),
        Dispute = Word<DisputeState>(reader, first + 13),
        DisputeReason = Optional(reader, first + 14, reader.GetString),
        CapturesLater = reader.GetBoolean(first + 15),
        SightingId = Id(reader, first + 16),
        HoldId = Id(reader, first + 17),
        CaptureId = Id(reader, first + 18),
        Version = reader.GetInt32(first + 19),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(first + 20),
        DueAt = Time(reader, first + 21),
        AuthorisedAt = Time(reader, first + 22),
        CapturedAt = Time(reader, first + 23),
    };

    private static async Task<IReadOnlyList<ListedPayment>> ReadAllAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var payments = new List<ListedPayment>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) payments.Add(new(reader.GetInt64(0), Read(reader, 1)));
        return payments;
    }

    private static T? Optional<T>(NpgsqlDataReader reader, int column, Func<int, T> read) where T : class =>
        reader.IsDBNull(column) ? null : read(column);

    private static T? Word<T>(NpgsqlDataReader reader, int column) where T : struct, Enum =>
        reader.IsDBNull(column) ? null : Words.Read<T>(reader.GetString(column));

    private static Guid? Id(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetGuid(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
