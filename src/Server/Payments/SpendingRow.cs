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
    /// <summary>More than a face or a plate may spend: more proof helps.</summary>
    public const string StepUpRequired = "step_up_required";

    /// <summary>More than anybody may spend with all the proof there is.</summary>
    public const string LimitExceeded = "limit_exceeded";

    public static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);
}

/// <param name="By">Null: not a day's count but what the person allows their face; there is no day then.</param>
internal readonly record struct SpendingKey(Guid Person, DateOnly Day, SpentBy? By)
{
    public static SpendingKey OwnLimitOf(Guid person) => new(person, DateOnly.MinValue, null);
}

/// <summary>What a payment is judged by: the day's count, and what the person allows their own face.</summary>
internal abstract record SpendingState;

internal sealed record DaySpending(long SpentMinor, int Payments) : SpendingState
{
    public static DaySpending None { get; } = new(0, 0);

    public bool Exceeds(SpendingRow row, SpendingLimit limit, OwnLimit? own)
    {
        var paymentMax = limit.PaymentMinorMax;
        var dayMax = limit.DayMinorMax;
        if (limit.By == SpentBy.Face)
        {
            paymentMax = Math.Min(paymentMax, own?.PaymentMinor ?? paymentMax);
            dayMax = Math.Min(dayMax, own?.DayMinor ?? dayMax);
        }
        return row.AmountMinor > paymentMax || SpentMinor > dayMax - row.AmountMinor
            || Payments > limit.DayPaymentsMax - row.Payments;
    }
}

internal sealed record AllowedByPerson(OwnLimit Limit) : SpendingState;

/// <summary>The days' counts. The ledger's writer is the only one that writes them.</summary>
internal sealed class SpendingTable : CompanionTable<SpendingRow, SpendingKey, SpendingState>
{
    // What a person allows their own face may be changed by them at any time, as it always may between two payments.
    public override bool LoadsAhead => true;

    // Only what a row changes is remembered: days' counts, never what persons allow.
    protected override bool Remembers => true;

    protected override IEnumerable<SpendingKey> KeysOf(SpendingRow row) =>
        [KeyOf(row), SpendingKey.OwnLimitOf(row.Person)];

    // A batch spans a day or two, so that all days of all its persons are hardly more than what was asked for.
    protected override NpgsqlBatchCommand Load(SpendingKey[] keys)
    {
        var days = Array.FindAll(keys, key => key.By is not null);
        var limits = Array.FindAll(keys, key => key.By is null);
        Guid[] persons = [.. days.Select(key => key.Person).Distinct()];
        DateOnly[] dates = [.. days.Select(key => key.Day).Distinct()];
        return new(
            """
            select person, day, spent_by, spent_minor, payments, null::bigint, null::bigint
            from spending where person = any($1) and day = any($2)
            union all
            select person, null, null, null, null, payment_minor, day_minor from own_limit where person = any($3)
            """)
        {
            Parameters =
            {
                new() { Value = persons },
                new() { Value = dates },
                limits.Column(NpgsqlDbType.Uuid, key => key.Person),
            },
        };
    }

    protected override (SpendingKey Key, SpendingState State) Read(NpgsqlDataReader reader)
    {
        var person = reader.GetGuid(0);
        if (reader.IsDBNull(1))
            return (SpendingKey.OwnLimitOf(person), new AllowedByPerson(OwnLimit.Read(reader, 5)!));
        return (
            new(person, reader.GetFieldValue<DateOnly>(1), Words.Read<SpentBy>(reader.GetString(2))),
            new DaySpending(reader.GetInt64(3), reader.GetInt32(4)));
    }

    protected override GuardVerdict Check(SpendingRow row, CompanionStates<SpendingKey, SpendingState> states)
    {
        if (row.Within is not { } limit) return GuardVerdict.Ok;
        var own = (states.Find(SpendingKey.OwnLimitOf(row.Person)) as AllowedByPerson)?.Limit;
        if (!Of(row, states).Exceeds(row, limit, own)) return GuardVerdict.Ok;
        return GuardVerdict.Refused(
            row.By == SpentBy.Consent ? SpendingRow.LimitExceeded : SpendingRow.StepUpRequired);
    }

    protected override void Apply(
        SpendingRow row, DateTimeOffset at, CompanionStates<SpendingKey, SpendingState> states)
    {
        var before = Of(row, states);
        // What is taken back may have been counted before these counts were kept.
        states.Set(KeyOf(row), new DaySpending(
            Math.Max(0, before.SpentMinor + row.AmountMinor), Math.Max(0, before.Payments + row.Payments)));
    }

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(SpendingKey Key, SpendingState State)> inserted,
        IReadOnlyList<(SpendingKey Key, SpendingState State)> updated)
    {
        (SpendingKey Key, DaySpending Day)[] changed =
            [.. inserted.Concat(updated).Select(each => (each.Key, (DaySpending)each.State))];
        if (changed.Length == 0) return;
        batch.BatchCommands.Add(new(
            """
            insert into spending (person, day, spent_by, spent_minor, payments)
            select unnest($1), unnest($2), unnest($3), unnest($4), unnest($5)
            on conflict (person, day, spent_by) do update
            set spent_minor = excluded.spent_minor, payments = excluded.payments
            """)
        {
            Parameters =
            {
                changed.Column(NpgsqlDbType.Uuid, each => each.Key.Person),
                changed.Column(NpgsqlDbType.Date, each => each.Key.Day),
                changed.Column(NpgsqlDbType.Text, each => Words.Of(each.Key.By!.Value)),
                changed.Column(NpgsqlDbType.Bigint, each => each.Day.SpentMinor),
                changed.Column(NpgsqlDbType.Integer, each => each.Day.Payments),
            },
        });
    }

    private static SpendingKey KeyOf(SpendingRow row) => new(row.Person, row.Day, row.By);

    private static DaySpending Of(SpendingRow row, CompanionStates<SpendingKey, SpendingState> states) =>
        states.Find(KeyOf(row)) as DaySpending ?? DaySpending.None;
}
