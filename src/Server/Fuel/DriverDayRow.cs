using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Payments;
using SightPay.Server.Plates;

namespace SightPay.Server.Fuel;

/// <summary>A driver spends the owner's money: never more on a day than the owner said, however many bills are paid at
/// once.</summary>
/// <param name="Session">Whose amount this is; what it stood at before does not count beside it.</param>
/// <param name="AmountMinor">Set aside or paid.</param>
internal sealed record DriverDayRow(
    Guid Driver, Guid Vehicle, DateOnly Day, Guid Session, long AmountMinor, long DayMinorMax) : CompanionRow
{
    public const string LimitExceeded = "driver_limit_exceeded";

    public static DriverDayRow Of(VehicleDriver driver, PumpSession session, long amountMinor) => new(
        driver.Person, driver.Vehicle, SpendingRow.DayOf(session.BeganAt), session.Id, amountMinor,
        driver.DayMaxMinor);
}

internal readonly record struct DriverDay(Guid Driver, Guid Vehicle, DateOnly Day);

/// <summary>What the day's sessions come to, by session.</summary>
internal sealed record DriverSpent(IReadOnlyDictionary<Guid, long> Sessions);

/// <summary>
/// A guard without rows of its own: what a driver spent is what the vehicle's sessions say, read anew for each commit.
/// </summary>
internal sealed class DriverDayTable : CompanionTable<DriverDayRow, DriverDay, DriverSpent>
{
    protected override IEnumerable<DriverDay> KeysOf(DriverDayRow row) => [KeyOf(row)];

    protected override NpgsqlBatchCommand Load(DriverDay[] keys) => new(
        """
        select k.driver, k.vehicle, k.day, array_agg(s.id), array_agg(case when s.state = 'paid' then s.bill_minor
            else s.hold_minor end)
        from unnest($1::uuid[], $2::uuid[], $3::date[]) k (driver, vehicle, day)
        join pump_session s on s.vehicle = k.vehicle and s.said_yes = k.driver
            and (s.began_at at time zone 'UTC')::date = k.day and s.state in ('held', 'fuelling', 'lost', 'paid')
        group by 1, 2, 3
        """)
    {
        Parameters =
        {
            keys.Column(NpgsqlDbType.Uuid, key => key.Driver), keys.Column(NpgsqlDbType.Uuid, key => key.Vehicle),
            keys.Column(NpgsqlDbType.Date, key => key.Day),
        },
    };

    protected override (DriverDay Key, DriverSpent State) Read(NpgsqlDataReader reader)
    {
        var sessions = reader.GetFieldValue<Guid[]>(3).Zip(reader.GetFieldValue<long[]>(4));
        return (
            new(reader.GetGuid(0), reader.GetGuid(1), reader.GetFieldValue<DateOnly>(2)),
            new(sessions.ToDictionary(each => each.First, each => each.Second)));
    }

    protected override GuardVerdict Check(DriverDayRow row, CompanionStates<DriverDay, DriverSpent> states) =>
        Others(row, states).Values.Sum() <= row.DayMinorMax - row.AmountMinor
            ? GuardVerdict.Ok
            : GuardVerdict.Refused(DriverDayRow.LimitExceeded);

    protected override void Apply(
        DriverDayRow row, DateTimeOffset at, CompanionStates<DriverDay, DriverSpent> states) =>
        states.Set(KeyOf(row), new(new Dictionary<Guid, long>(Others(row, states))
        {
            [row.Session] = row.AmountMinor,
        }));

    /// <summary>The sessions themselves are written by their own rows.</summary>
    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(DriverDay Key, DriverSpent State)> inserted,
        IReadOnlyList<(DriverDay Key, DriverSpent State)> updated)
    {
    }

    private static DriverDay KeyOf(DriverDayRow row) => new(row.Driver, row.Vehicle, row.Day);

    private static Dictionary<Guid, long> Others(
        DriverDayRow row, CompanionStates<DriverDay, DriverSpent> states) =>
        (states.Find(KeyOf(row))?.Sessions ?? new Dictionary<Guid, long>())
            .Where(each => each.Key != row.Session).ToDictionary();
}
