using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>A payment with its place in the order of their beginnings.</summary>
public sealed record ListedPayment(long Seq, Payment Payment);

/// <summary>Which payments are asked for; what is null does not matter.</summary>
/// <param name="Payee">A merchant or a site.</param>
/// <param name="From">The first moment of their beginning.</param>
/// <param name="To">The moment after the last.</param>
public sealed record PaymentFilter(
    Guid? Person, string? Payee = null, PaymentState? State = null, DateTimeOffset? From = null,
    DateTimeOffset? To = null);

/// <summary>Reads payments; the ledger's writer alone writes them.</summary>
public sealed class PaymentStore(NpgsqlDataSource database)
{
    internal const string Columns =
        """
        id, kind, person, payee, payee_account, station, method, amount_minor, currency, state, captured_minor,
        refunded_minor, exception, dispute, dispute_reason, captures_later, sighting, hold, capture, version,
        created_at, due_at, authorised_at, captured_at
        """;

    internal const int ColumnCount = 24;

    public async Task<Payment?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {Columns} from payment where id = $1");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader, 0) : null;
    }

    /// <summary>Newest first.</summary>
    /// <param name="kinds">Of these kinds alone.</param>
    /// <param name="now">The moment of which states are told.</param>
    public async Task<IReadOnlyList<ListedPayment>> ListAsync(
        PaymentFilter filter, IReadOnlyList<PaymentKind> kinds, DateTimeOffset now, long before, int most,
        CancellationToken ct)
    {
        await using var command = database.CreateCommand();
        var conditions = new List<string>();
        Where("seq < {0}", before);
        Where("kind = any({0})", kinds.Select(Words.Of).ToArray());
        Where("person = {0}", filter.Person);
        Where("payee = {0}", filter.Payee);
        Where("created_at >= {0}", filter.From?.ToUniversalTime());
        Where("created_at < {0}", filter.To?.ToUniversalTime());
        if (filter.State is { } state)
        {
            // A payment whose time is over has expired, whether or not that was written down yet.
            command.Parameters.Add(new() { Value = now.ToUniversalTime() });
            var at = command.Parameters.Count;
            Where(
                $"case when due_at <= ${at} and state in ('created', 'awaiting', 'authorised') then 'expired' "
                + "else state end = {0}", Words.Of(state));
        }
        command.Parameters.Add(new() { Value = most });
        command.CommandText =
            $"""
             select seq, {Columns} from payment
             where {string.Join(" and ", conditions)}
             order by seq desc limit ${command.Parameters.Count}
             """;
        return await ReadAllAsync(command, ct);

        void Where(string condition, object? value)
        {
            if (value is null) return;
            command.Parameters.Add(new() { Value = value });
            conditions.Add(condition.Replace("{0}", $"${command.Parameters.Count}", StringComparison.Ordinal));
        }
    }

    /// <summary>Payments whose objection is not decided, oldest first; a top-up's is decided by a bank.</summary>
    internal async Task<IReadOnlyList<ListedPayment>> DisputedAsync(int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select seq, {Columns} from payment where dispute = 'open' and kind <> 'top_up' order by seq limit $1");
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
