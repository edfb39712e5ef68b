using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>A payment begins or changes, in the commit that moves its money.</summary>
/// <param name="From">What the change was planned on; null: the payment is new.</param>
/// <param name="To">What it becomes.</param>
/// <param name="Happened">Must be legal in the state it comes from; null for a new payment.</param>
/// <param name="DueIn">How long it may stay as it then is; null: for ever.</param>
internal sealed record PaymentRow(Payment? From, Payment To, PaymentEvent? Happened, TimeSpan? DueIn) : CompanionRow
{
    /// <summary>The payment as a commit at this time leaves it: times are the ledger's, never the planner's.</summary>
    public Payment StampedAt(DateTimeOffset at) => To with
    {
        Version = From is null ? 1 : From.Version + 1,
        CreatedAt = From is null ? at : To.CreatedAt,
        DueAt = at + DueIn,
        AuthorisedAt = Happened == PaymentEvent.Authorise ? at : To.AuthorisedAt,
        CapturedAt = To.CapturedMinor > 0 && To.CapturedAt is null ? at : To.CapturedAt,
    };
}

/// <summary>
/// Payments as the ledger's writer sees them: by id, and by the sighting that paid. A change that was planned on an
/// older version is stale; one that its state does not allow is refused, and the refusal sticks.
/// </summary>
internal sealed class PaymentTable : CompanionTable<PaymentRow, Guid, Payment>
{
    public override bool LoadsAhead => true;

    protected override IEnumerable<Guid> KeysOf(PaymentRow row)
    {
        yield return row.To.Id;
        if (row.From is null && row.To.SightingId is { } sighting) yield return sighting;
    }

    protected override NpgsqlBatchCommand Load(Guid[] keys) => new(
        $"""
         select id, {PaymentStore.Columns} from payment where id = any($1)
         union all
         select sighting, {PaymentStore.Columns} from payment where sighting = any($1)
         """)
    {
        Parameters = { new() { Value = keys } },
    };

    protected override (Guid Key, Payment State) Read(NpgsqlDataReader reader) =>
        (reader.GetGuid(0), PaymentStore.Read(reader, 1));

    protected override GuardVerdict Check(PaymentRow row, CompanionStates<Guid, Payment> states)
    {
        var stored = states.Find(row.To.Id);
        if (row.From is null)
            return row.To.SightingId is { } sighting && states.Find(sighting) is not null
                ? GuardVerdict.Refused(PaymentRefusal.SightingSpent)
                : GuardVerdict.Ok;
        if (stored?.Version != row.From.Version) return GuardVerdict.Stale;
        var happened = row.Happened!.Value;
        if (PaymentLifetime.Refusal(stored, happened) is { } refusal) return GuardVerdict.Refused(refusal);
        if (PaymentLifetime.Next(stored.State, happened) != row.To.State)
            throw new InvalidOperationException($"{happened} does not lead from {stored.State} to {row.To.State}.");
        return row.To.RefundedMinor > row.To.CapturedMinor
            ? GuardVerdict.Refused(PaymentRefusal.RefundAboveCaptured)
            : GuardVerdict.Ok;
    }

    protected override void Apply(PaymentRow row, DateTimeOffset at, CompanionStates<Guid, Payment> states)
    {
        var payment = row.StampedAt(at);
        states.Set(payment.Id, payment);
        if (row.From is null && payment.SightingId is { } sighting) states.Set(sighting, payment);
    }

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(Guid Key, Payment State)> inserted,
        IReadOnlyList<(Guid Key, Payment State)> updated)
    {
        // A payment stands under its sighting's id too; it is written once.
        var begun = inserted.Where(each => each.Key == each.State.Id).Select(each => each.State).ToList();
        if (begun.Count > 0) batch.BatchCommands.Add(Insert(begun));
        if (updated.Count > 0) batch.BatchCommands.Add(Update([.. updated.Select(each => each.State)]));
    }

    private static NpgsqlBatchCommand Insert(List<Payment> payments) => new(
        $"""
         insert into payment ({PaymentStore.Columns})
         select unnest($1::uuid[]), unnest($2::text[]), unnest($3::uuid[]), unnest($4::text[]), unnest($5::text[]),
             unnest($6::text[]), unnest($7::text[]), unnest($8::bigint[]), unnest($9::text[]), unnest($10::text[]),
             unnest($11::bigint[]), unnest($12::bigint[]), unnest($13::text[]), unnest($14::text[]),
             unnest($15::text[]), unnest($16::boolean[]), unnest($17::uuid[]), unnest($18::uuid[]),
             unnest($19::uuid[]), unnest($20::int[]), unnest($21::timestamptz[]), unnest($22::timestamptz[]),
             unnest($23::timestamptz[]), unnest($24::timestamptz[])
         """)
    {
        Parameters =
        {
            payments.Column(NpgsqlDbType.Uuid, each => each.Id),
            payments.Column(NpgsqlDbType.Text, each => Words.Of(each.Kind)),
            payments.Column(NpgsqlDbType.Uuid, each => each.Person),
            payments.Column(NpgsqlDbType.Text, each => each.Payee.Id),
            payments.Column(NpgsqlDbType.Text, each => each.Payee.AccountKey),
            payments.Column(NpgsqlDbType.Text, each => each.Station),
            payments.Column(NpgsqlDbType.Text, each => each.Method),
            payments.Column(NpgsqlDbType.Bigint, each => each.Amount.AmountMinor),
            payments.Column(NpgsqlDbType.Text, each => each.Amount.Currency),
            payments.Column(NpgsqlDbType.Text, each => Words.Of(each.State)),
            payments.Column(NpgsqlDbType.Bigint, each => each.CapturedMinor),
            payments.Column(NpgsqlDbType.Bigint, each => each.RefundedMinor),
            payments.Column(NpgsqlDbType.Text, each => Word(each.Exception)),
            payments.Column(NpgsqlDbType.Text, each => Word(each.Dispute)),
            payments.Column(NpgsqlDbType.Text, each => each.DisputeReason),
            payments.Column(NpgsqlDbType.Boolean, each => each.CapturesLater),
            payments.Column(NpgsqlDbType.Uuid, each => each.SightingId),
            payments.Column(NpgsqlDbType.Uuid, each => each.HoldId),
            payments.Column(NpgsqlDbType.Uuid, each => each.CaptureId),
            payments.Column(NpgsqlDbType.Integer, each => each.Version),
            payments.Column(NpgsqlDbType.TimestampTz, each => each.CreatedAt.ToUniversalTime()),
            payments.Column(NpgsqlDbType.TimestampTz, each => each.DueAt?.ToUniversalTime()),
            payments.Column(NpgsqlDbType.TimestampTz, each => each.AuthorisedAt?.ToUniversalTime()),
            payments.Column(NpgsqlDbType.TimestampTz, each => each.CapturedAt?.ToUniversalTime()),
        },
    };

    private static NpgsqlBatchCommand Update(List<Payment> payments) => new(
        """
        update payment p
        set state = c.state, captured_minor = c.captured_minor, refunded_minor = c.refunded_minor,
            exception = c.exception, dispute = c.dispute, dispute_reason = c.dispute_reason, hold = c.hold,
            capture = c.capture, version = c.version, due_at = c.due_at, authorised_at = c.authorised_at,
            captured_at = c.captured_at, amount_minor = c.amount_minor
        from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[],
            $8::uuid[], $9::uuid[], $10::int[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
            $14::bigint[]) as c (id, state, captured_minor, refunded_minor, exception, dispute, dispute_reason, hold,
            capture, version, due_at, authorised_at, captured_at, amount_minor)
        where p.id = c.id
        """)
    {
        Parameters =
        {
            payments.Column(NpgsqlDbType.Uuid, each => each.Id),
            payments.Column(NpgsqlDbType.Text, each => Words.Of(each.State)),
            payments.Column(NpgsqlDbType.Bigint, each => each.CapturedMinor),
            payments.Column(NpgsqlDbType.Bigint, each => each.RefundedMinor),
            payments.Column(NpgsqlDbType.Text, each => Word(each.Exception)),
            payments.Column(NpgsqlDbType.Text, each => Word(each.Dispute)),
            payments.Column(NpgsqlDbType.Text, each => each.DisputeReason),
            payments.Column(NpgsqlDbType.Uuid, each => each.HoldId),
            payments.Column(NpgsqlDbType.Uuid, each => each.CaptureId),
            payments.Column(NpgsqlDbType.Integer, each => each.Version),
            payments.Column(NpgsqlDbType.TimestampTz, each => each.DueAt?.ToUniversalTime()),
            payments.Column(NpgsqlDbType.TimestampTz, each => each.AuthorisedAt?.ToUniversalTime()),
            payments.Column(NpgsqlDbType.TimestampTz, each => each.CapturedAt?.ToUniversalTime()),
            payments.Column(NpgsqlDbType.Bigint, each => each.Amount.AmountMinor),
        },
    };

    private static string? Word<T>(T? value) where T : struct, Enum => value is { } known ? Words.Of(known) : null;
}
