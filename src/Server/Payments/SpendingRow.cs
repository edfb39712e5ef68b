using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>
/// Counts what a person spends on a day, in the commit that moves the money, so that two tills at once never exceed a
/// limit together. Days are those of UTC, for gates and tills alike.
/// </summary>
/// <param name="AmountMinor">Negative when less was captured in the end, or money went back.</param>
/// <param name="Payments">1 for a new payment, -1 for one that is taken back whole, else 0.</param>
/// <param name="Within">Null: counted and never refused.</param>
public sealed record SpendingRow(
    Guid Person, DateOnly Day, SpentBy By, long AmountMinor, int Payments, SpendingLimit? Within) : CompanionRow
{
    /// <summary>More than a face may spend: more proof helps.</summary>
    public const string StepUpRequired = "step_up_required";

    /// <summary>More than anybody may spend with all the proof there is.</summary>
    public const string LimitExceeded = "limit_exceeded";

    public static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);
}

internal readonly record struct SpendingKey(Guid Person, DateOnly Day, SpentBy By);

/// <param name="Own">What the person allows their face, at most; null: as much as the installation.</param>
internal sealed record DaySpending(long SpentMinor, int Payments, OwnLimit? Own)
{
    public static DaySpending None { get; } = new(0, 0, null);

    public bool Exceeds(SpendingRow row, SpendingLimit limit)
    {
        var paymentMax = limit.PaymentMinorMax;
        var dayMax = limit.DayMinorMax;
        if (limit.By == SpentBy.Face)
        {
            paymentMax = Math.Min(paymentMax, Own?.PaymentMinor ?? paymentMax);
            dayMax = Math.Min(dayMax, Own?.DayMinor ?? dayMax);
        }
        return row.AmountMinor > paymentMax || SpentMinor > dayMax - row.AmountMinor
            || Payments > limit.DayPaymentsMax - row.Payments;
    }
}

/// <summary>The days' counts. The ledger's writer is the only one that writes them.</summary>
internal sealed class SpendingTable : CompanionTable<SpendingRow, SpendingKey, DaySpending>
{
    protected override IEnumerable<SpendingKey> KeysOf(SpendingRow row) => [new(row.Person, row.Day, row.By)];

    // Every key gives a row, so that the person's own limits are known on their first payment of a day. Looked up key
    // by key, whatever the planner believes of a table that was still empty when it planned.
    protected override NpgsqlBatchCommand Load(SpendingKey[] keys) => new(
        """
        select k.person, k.day, k.spent_by, coalesce(s.spent_minor, 0), coalesce(s.payments, 0),
            l.payment_minor, l.day_minor
        from unnest($1::uuid[], $2::date[], $3::text[]) as k (person, day, spent_by)
        left join lateral (
            select spent_minor, payments from spending
            where person = k.person and day = k.day and spent_by = k.spent_by offset 0) s on true
        left join lateral (
            select payment_minor, day_minor from own_limit where person = k.person offset 0) l on true
        """)
    {
        Parameters = { Column(NpgsqlDbType.Uuid, keys, key => key.Person), Days(keys), Grounds(keys) },
    };

    protected override (SpendingKey Key, DaySpending State) Read(NpgsqlDataReader reader) => (
        new(reader.GetGuid(0), reader.GetFieldValue<DateOnly>(1), Words.Read<SpentBy>(reader.GetString(2))),
        new(reader.GetInt64(3), reader.GetInt32(4), OwnLimit.Read(reader, 5)));

    protected override GuardVerdict Check(SpendingRow row, CompanionStates<SpendingKey, DaySpending> states)
    {
        if (row.Within is not { } limit || !Of(row, states).Exceeds(row, limit)) return GuardVerdict.Ok;
        return GuardVerdict.Refused(
            row.By == SpentBy.Face ? SpendingRow.StepUpRequired : SpendingRow.LimitExceeded);
    }

    protected override void Apply(
        SpendingRow row, DateTimeOffset at, CompanionStates<SpendingKey, DaySpending> states)
    {
        var before = Of(row, states);
        // What is taken back may have been counted before these counts were kept.
        states.Set(new(row.Person, row.Day, row.By), before with
        {
            SpentMinor = Math.Max(0, before.SpentMinor + row.AmountMinor),
            Payments = Math.Max(0, before.Payments + row.Payments),
        });
    }

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(SpendingKey Key, DaySpending State)> inserted,
        IReadOnlyList<(SpendingKey Key, DaySpending State)> updated)
    {
        (SpendingKey Key, DaySpending State)[] changed = [.. inserted, .. updated];
        if (changed.Length == 0) return;
        SpendingKey[] keys = [.. changed.Select(each => each.Key)];
        batch.BatchCommands.Add(new(
            """
            insert into spending (person, day, spent_by, spent_minor, payments)
            select * from unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[], $5::int[])
            on conflict (person, day, spent_by) do update
            set spent_minor = excluded.spent_minor, payments = excluded.payments
            """)
        {
            Parameters =
            {
                Column(NpgsqlDbType.Uuid, keys, key => key.Person), Days(keys), Grounds(keys),
                Column(NpgsqlDbType.Bigint, changed, each => each.State.SpentMinor),
                Column(NpgsqlDbType.Integer, changed, each => each.State.Payments),
            },
        });
    }

    private static DaySpending Of(SpendingRow row, CompanionStates<SpendingKey, DaySpending> states) =>
        states.Find(new(row.Person, row.Day, row.By)) ?? DaySpending.None;

    private static NpgsqlParameter Days(SpendingKey[] keys) => Column(NpgsqlDbType.Date, keys, key => key.Day);

    private static NpgsqlParameter Grounds(SpendingKey[] keys) =>
        Column(NpgsqlDbType.Text, keys, key => Words.Of(key.By));

    private static NpgsqlParameter Column<TRow, T>(
        NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, T> value) => new()
        {
            NpgsqlDbType = NpgsqlDbType.Array | type, Value = rows.Select(value).ToArray(),
        };
}
