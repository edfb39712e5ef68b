using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;

namespace SightPay.Server.Payments;

public enum AdjustmentKind
{
    Refund,
    Correction,
}

/// <summary>Whether the person gets money or loses it.</summary>
public enum AdjustmentDirection
{
    Credit,
    Debit,
}

public enum AdjustmentState
{
    /// <summary>Above the limit: another operator has to agree; no money has moved.</summary>
    PendingApproval,

    Done,
    Rejected,
}

/// <summary>Money that staff move: a refund of a payment, or a correction of a wallet.</summary>
internal sealed record Adjustment(
    Guid Id, AdjustmentKind Kind, Guid? PaymentId, Guid Person, AdjustmentDirection Direction, Money Amount,
    string Reason, AdjustmentState State, string RequestedBy)
{
    public DateTimeOffset RequestedAt { get; init; }
    public string? DecidedBy { get; init; }
    public DateTimeOffset? DecidedAt { get; init; }
}

/// <summary>An adjustment as staff and its person see it.</summary>
public sealed record AdjustmentAnswer(
    Guid Id, AdjustmentKind Kind, Guid? TransactionId, Guid UserId, AdjustmentDirection Direction, Money Amount,
    string Reason, AdjustmentState State, string RequestedBy, DateTimeOffset RequestedAt, string? DecidedBy,
    DateTimeOffset? DecidedAt)
{
    internal static AdjustmentAnswer Of(Adjustment adjustment) => new(
        adjustment.Id, adjustment.Kind, adjustment.PaymentId, adjustment.Person, adjustment.Direction,
        adjustment.Amount, adjustment.Reason, adjustment.State, adjustment.RequestedBy, adjustment.RequestedAt,
        adjustment.DecidedBy, adjustment.DecidedAt);
}

/// <summary>An adjustment is asked for, or decided, once.</summary>
/// <param name="DecidedBy">Null: it is new.</param>
internal sealed record AdjustmentRow(Adjustment Adjustment, string? DecidedBy) : CompanionRow
{
    public const string AlreadyDecided = "already_decided";

    public Adjustment StampedAt(DateTimeOffset at) => DecidedBy is null
        ? Adjustment with { RequestedAt = at }
        : Adjustment with { DecidedBy = DecidedBy, DecidedAt = at };

    /// <summary>What operators' pages are told: something waits for them, or no longer.</summary>
    public OutboxRow Event() => new(OutboxRow.Operations, "adjustment", ApiJson.Write(new
    {
        AdjustmentId = Adjustment.Id, Adjustment.Kind, TransactionId = Adjustment.PaymentId, Adjustment.State,
    }));
}

internal sealed class AdjustmentTable : CompanionTable<AdjustmentRow, Guid, Adjustment>
{
    public override bool LoadsAhead => true;

    protected override IEnumerable<Guid> KeysOf(AdjustmentRow row) => [row.Adjustment.Id];

    protected override NpgsqlBatchCommand Load(Guid[] keys) =>
        new($"select {AdjustmentStore.Columns} from adjustment where id = any($1)")
        {
            Parameters = { new() { Value = keys } },
        };

    protected override (Guid Key, Adjustment State) Read(NpgsqlDataReader reader)
    {
        var adjustment = AdjustmentStore.Read(reader);
        return (adjustment.Id, adjustment);
    }

    protected override GuardVerdict Check(AdjustmentRow row, CompanionStates<Guid, Adjustment> states) =>
        row.DecidedBy is null || states.Find(row.Adjustment.Id) is { State: AdjustmentState.PendingApproval }
            ? GuardVerdict.Ok
            : GuardVerdict.Refused(AdjustmentRow.AlreadyDecided);

    protected override void Apply(
        AdjustmentRow row, DateTimeOffset at, CompanionStates<Guid, Adjustment> states) =>
        states.Set(row.Adjustment.Id, row.StampedAt(at));

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(Guid Key, Adjustment State)> inserted,
        IReadOnlyList<(Guid Key, Adjustment State)> updated)
    {
        if (inserted.Count > 0) batch.BatchCommands.Add(Insert([.. inserted.Select(each => each.State)]));
        if (updated.Count > 0) batch.BatchCommands.Add(Update([.. updated.Select(each => each.State)]));
    }

    private static NpgsqlBatchCommand Insert(List<Adjustment> rows) => new(
        $"""
         insert into adjustment ({AdjustmentStore.Columns})
         select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[],
             $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::timestamptz[])
         """)
    {
        Parameters =
        {
            rows.Column(NpgsqlDbType.Uuid, each => each.Id),
            rows.Column(NpgsqlDbType.Text, each => Words.Of(each.Kind)),
            rows.Column(NpgsqlDbType.Uuid, each => each.PaymentId),
            rows.Column(NpgsqlDbType.Uuid, each => each.Person),
            rows.Column(NpgsqlDbType.Text, each => Words.Of(each.Direction)),
            rows.Column(NpgsqlDbType.Bigint, each => each.Amount.AmountMinor),
            rows.Column(NpgsqlDbType.Text, each => each.Amount.Currency),
            rows.Column(NpgsqlDbType.Text, each => each.Reason),
            rows.Column(NpgsqlDbType.Text, each => Words.Of(each.State)),
            rows.Column(NpgsqlDbType.Text, each => each.RequestedBy),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.RequestedAt.ToUniversalTime()),
            rows.Column(NpgsqlDbType.Text, each => each.DecidedBy),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.DecidedAt?.ToUniversalTime()),
        },
    };

    private static NpgsqlBatchCommand Update(List<Adjustment> rows) => new(
        """
        update adjustment a set state = d.state, decided_by = d.decided_by, decided_at = d.decided_at
        from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) as d (id, state, decided_by, decided_at)
        where a.id = d.id
        """)
    {
        Parameters =
        {
            rows.Column(NpgsqlDbType.Uuid, each => each.Id),
            rows.Column(NpgsqlDbType.Text, each => Words.Of(each.State)),
            rows.Column(NpgsqlDbType.Text, each => each.DecidedBy),
            rows.Column(NpgsqlDbType.TimestampTz, each => each.DecidedAt?.ToUniversalTime()),
        },
    };
}

/// <summary>Reads adjustments; the ledger's writer alone writes them.</summary>
internal sealed class AdjustmentStore(NpgsqlDataSource database)
{
    internal const string Columns =
        """
        id, kind, payment, person, direction, amount_minor, currency, reason, state, requested_by, requested_at,
        decided_by, decided_at
        """;

    public async Task<Adjustment?> FindAsync(Guid id, CancellationToken ct) =>
        (await ListAsync("id = $1", id, 1, ct)).FirstOrDefault();

    /// <summary>Refunds of one payment, newest first.</summary>
    public Task<IReadOnlyList<Adjustment>> OfPaymentAsync(Guid payment, CancellationToken ct) =>
        ListAsync("payment = $1", payment, 1000, ct);

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<Adjustment>> InStateAsync(AdjustmentState state, int most, CancellationToken ct) =>
        ListAsync("state = $1", Words.Of(state), most, ct);

    internal static Adjustment Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), Words.Read<AdjustmentKind>(reader.GetString(1)),
        reader.IsDBNull(2) ? null : reader.GetGuid(2), reader.GetGuid(3),
        Words.Read<AdjustmentDirection>(reader.GetString(4)), new Money(reader.GetInt64(5), reader.GetString(6)),
        reader.GetString(7), Words.Read<AdjustmentState>(reader.GetString(8)), reader.GetString(9))
    {
        RequestedAt = reader.GetFieldValue<DateTimeOffset>(10),
        DecidedBy = reader.IsDBNull(11) ? null : reader.GetString(11),
        DecidedAt = reader.IsDBNull(12) ? null : reader.GetFieldValue<DateTimeOffset>(12),
    };

    private async Task<IReadOnlyList<Adjustment>> ListAsync(
        string where, object value, int most, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from adjustment where {where} order by seq desc limit $2");
        command.Parameters.Add(new() { Value = value });
        command.Parameters.Add(new() { Value = most });
        var found = new List<Adjustment>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(Read(reader));
        return found;
    }
}
