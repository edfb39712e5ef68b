using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;

namespace SightPay.Server.Fuel;

internal enum TankChange
{
    /// <summary>A pump took it. Never refused: the fuel is in the car.</summary>
    Draw,

    /// <summary>A tank lorry brought it.</summary>
    Delivery,

    /// <summary>Somebody measured what is in the tank.</summary>
    Dip,
}

/// <summary>A tank's level changes in the commit of what changed it.</summary>
/// <param name="Thousandths">Drawn or brought; for a dip, what is in the tank now.</param>
/// <param name="Entry">Number of the entry that keeps what staff did; null for a draw, which its session keeps.</param>
internal sealed record TankRow(
    string SiteId, string TankId, TankChange Change, long Thousandths, Guid? Entry = null, string Who = "",
    string Note = "") : CompanionRow
{
    public const string Unknown = "tank_not_found";
    public const string Overfull = "tank_overfull";

    public static TankRow Draw(string site, string tank, long thousandths) =>
        new(site, tank, TankChange.Draw, thousandths);
}

/// <param name="Entry">Null for the level of the tank itself.</param>
internal readonly record struct TankKey(string Site, string Tank, Guid? Entry);

/// <param name="Did">Of an entry alone: what was done, and the level before it.</param>
internal sealed record TankState(
    long CapacityThousandths, long LevelThousandths, long ShortThousandths, DateTimeOffset At, TankRow? Did = null,
    long BeforeThousandths = 0);

internal sealed class TankTable : CompanionTable<TankRow, TankKey, TankState>
{
    // The ledger's writer alone writes levels. A capacity that staff change at the same moment guards the next one.
    public override bool LoadsAhead => true;

    protected override IEnumerable<TankKey> KeysOf(TankRow row) =>
        row.Entry is null ? [LevelOf(row)] : [LevelOf(row), EntryOf(row)];

    protected override NpgsqlBatchCommand Load(TankKey[] keys) => new(
        """
        select t.site, t.id, t.capacity_thousandths, t.level_thousandths, t.short_thousandths
        from unnest($1::text[], $2::text[]) k (site, tank) join fuel_tank t on t.site = k.site and t.id = k.tank
        """)
    {
        Parameters =
        {
            Levels(keys).Column(NpgsqlDbType.Text, key => key.Site),
            Levels(keys).Column(NpgsqlDbType.Text, key => key.Tank),
        },
    };

    protected override (TankKey Key, TankState State) Read(NpgsqlDataReader reader) => (
        new(reader.GetString(0), reader.GetString(1), null),
        new(reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), default));

    protected override GuardVerdict Check(TankRow row, CompanionStates<TankKey, TankState> states)
    {
        if (row.Change == TankChange.Draw) return GuardVerdict.Ok;
        if (states.Find(LevelOf(row)) is not { } tank) return GuardVerdict.Refused(TankRow.Unknown);
        var after = row.Change == TankChange.Dip ? row.Thousandths : tank.LevelThousandths + row.Thousandths;
        return after > tank.CapacityThousandths ? GuardVerdict.Refused(TankRow.Overfull) : GuardVerdict.Ok;
    }

    protected override void Apply(TankRow row, DateTimeOffset at, CompanionStates<TankKey, TankState> states)
    {
        // A nozzle always leads to a tank; if it ever did not, the driver's payment would not be what suffers.
        if (states.Find(LevelOf(row)) is not { } before) return;
        var (level, lacking) = (before.LevelThousandths, before.ShortThousandths);
        var after = before with
        {
            At = at,
            LevelThousandths = row.Change switch
            {
                TankChange.Draw => Math.Max(level - row.Thousandths, 0),
                TankChange.Delivery => level + row.Thousandths,
                _ => row.Thousandths,
            },
            ShortThousandths = row.Change switch
            {
                TankChange.Draw => lacking + Math.Max(row.Thousandths - level, 0),
                TankChange.Dip => 0,
                _ => lacking,
            },
        };
        states.Set(LevelOf(row), after);
        if (row.Entry is not null)
            states.Set(EntryOf(row), after with { Did = row, BeforeThousandths = level, ShortThousandths = lacking });
    }

    protected override void Write(
        NpgsqlBatch batch, IReadOnlyList<(TankKey Key, TankState State)> inserted,
        IReadOnlyList<(TankKey Key, TankState State)> updated)
    {
        if (updated.Count == 0) return;
        // Its lock first, then the tanks' rows, as whoever changes a tank's capacity does it.
        Outbox.Write(batch, [.. updated.Select(tank => (EventOf(tank.Key, tank.State), tank.State.At))]);
        WriteLevels(batch, updated);
        if (inserted.Count > 0) WriteEntries(batch, [.. inserted.Select(each => each.State)]);
    }

    private static void WriteLevels(NpgsqlBatch batch, IReadOnlyList<(TankKey Key, TankState State)> tanks) =>
        batch.BatchCommands.Add(new(
            """
            update fuel_tank t set level_thousandths = n.level, short_thousandths = n.short
            from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) n (site, id, level, short)
            where t.site = n.site and t.id = n.id
            """)
        {
            Parameters =
            {
                tanks.Column(NpgsqlDbType.Text, tank => tank.Key.Site),
                tanks.Column(NpgsqlDbType.Text, tank => tank.Key.Tank),
                tanks.Column(NpgsqlDbType.Bigint, tank => tank.State.LevelThousandths),
                tanks.Column(NpgsqlDbType.Bigint, tank => tank.State.ShortThousandths),
            },
        });

    private static void WriteEntries(NpgsqlBatch batch, IReadOnlyList<TankState> entries)
    {
        TankRow[] rows = [.. entries.Select(entry => entry.Did!)];
        batch.BatchCommands.Add(new(
            """
            insert into fuel_tank_entry (id, site, tank, kind, thousandths, before_thousandths, after_thousandths,
                short_thousandths, who, note, at)
            select unnest($1::uuid[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]),
                unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[]),
                unnest($9::text[]), unnest($10::text[]), unnest($11::timestamptz[])
            """)
        {
            Parameters =
            {
                rows.Column(NpgsqlDbType.Uuid, row => row.Entry!.Value),
                rows.Column(NpgsqlDbType.Text, row => row.SiteId),
                rows.Column(NpgsqlDbType.Text, row => row.TankId),
                rows.Column(NpgsqlDbType.Text, row => Words.Of(row.Change)),
                rows.Column(NpgsqlDbType.Bigint, row => row.Thousandths),
                entries.Column(NpgsqlDbType.Bigint, entry => entry.BeforeThousandths),
                entries.Column(NpgsqlDbType.Bigint, entry => entry.LevelThousandths),
                entries.Column(NpgsqlDbType.Bigint, entry => entry.ShortThousandths),
                rows.Column(NpgsqlDbType.Text, row => row.Who),
                rows.Column(NpgsqlDbType.Text, row => row.Note),
                entries.Column(NpgsqlDbType.TimestampTz, entry => entry.At.UtcDateTime),
            },
        });
    }

    /// <summary>Staff of the site see the level move.</summary>
    private static OutboxRow EventOf(TankKey key, TankState tank) => new(
        OutboxRow.SiteTopic(key.Site), "tank", ApiJson.Write(new
        {
            SiteId = key.Site, TankId = key.Tank, tank.LevelThousandths, tank.ShortThousandths,
        }));

    private static TankKey[] Levels(TankKey[] keys) => Array.FindAll(keys, key => key.Entry is null);

    private static TankKey LevelOf(TankRow row) => new(row.SiteId, row.TankId, null);

    private static TankKey EntryOf(TankRow row) => new(row.SiteId, row.TankId, row.Entry);
}
