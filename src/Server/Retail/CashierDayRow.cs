using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Payments;

namespace SightPay.Server.Retail;

/// <summary>
/// Counts what a cashier gives back alone on a day, in the commit that moves the money, so that refunds that are sent
/// at once never exceed the limit together.
/// </summary>
internal sealed record CashierDayRow(Guid Cashier, DateOnly Day, long AmountMinor, long DayMinorMax) : CompanionRow;

internal readonly record struct CashierDay(Guid Cashier, DateOnly Day);

internal sealed record GivenBack(long AmountMinor);

internal sealed class CashierDayTable : CompanionTable<CashierDayRow, CashierDay, GivenBack>
{
    // But for erasing somebody, the ledger's writer alone writes them.
    public override bool LoadsAhead => true;

    protected override IEnumerable<CashierDay> KeysOf(CashierDayRow row) => [KeyOf(row)];

    protected override NpgsqlBatchCommand Load(CashierDay[] keys) => new(
        "select person, day, given_minor from retail_cashier_day where person = any($1) and day = any($2)")
    {
        Parameters =
        {
            keys.Column(NpgsqlDbType.Uuid, key => key.Cashier), keys.Column(NpgsqlDbType.Date, key => key.Day),
        },
    };

    protected override (CashierDay Key, GivenBack State) Read(NpgsqlDataReader reader) => (
        new(reader.GetGuid(0), reader.GetFieldValue<DateOnly>(1)), new(reader.GetInt64(2)));

    protected override GuardVerdict Check(CashierDayRow row, CompanionStates<CashierDay, GivenBack> states) =>
        Before(row, states) <= row.DayMinorMax - row.AmountMinor
            ? GuardVerdict.Ok
            : GuardVerdict.Refused(AloneLimit.DayExceeded);

    protected override void Apply(
        CashierDayRow row, DateTimeOffset at, CompanionStates<CashierDay, GivenBack> states) =>
        states.Set(KeyOf(row), new GivenBack(Before(row, states) + row.AmountMinor));

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(CashierDay Key, GivenBack State)> inserted,
        IReadOnlyList<(CashierDay Key, GivenBack State)> updated)
    {
        (CashierDay Key, GivenBack State)[] changed = [.. inserted, .. updated];
        if (changed.Length == 0) return;
        batch.BatchCommands.Add(new(
            """
            insert into retail_cashier_day (person, day, given_minor) select unnest($1), unnest($2), unnest($3)
            on conflict (person, day) do update set given_minor = excluded.given_minor
            """)
        {
            Parameters =
            {
                changed.Column(NpgsqlDbType.Uuid, each => each.Key.Cashier),
                changed.Column(NpgsqlDbType.Date, each => each.Key.Day),
                changed.Column(NpgsqlDbType.Bigint, each => each.State.AmountMinor),
            },
        });
    }

    private static CashierDay KeyOf(CashierDayRow row) => new(row.Cashier, row.Day);

    private static long Before(CashierDayRow row, CompanionStates<CashierDay, GivenBack> states) =>
        states.Find(KeyOf(row))?.AmountMinor ?? 0;
}
