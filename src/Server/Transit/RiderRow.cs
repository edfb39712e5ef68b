using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Payments;

namespace SightPay.Server.Transit;

/// <summary>How a rider's row changes with an act.</summary>
/// <param name="PlannedOn">The version that was read; a row that moved on since makes the act stale.</param>
/// <param name="Open">The open journey from now on; its time is that of the commit when it is new.</param>
/// <param name="JourneyChanged">A journey began or ended: answers of other gates are not repeated any more.</param>
/// <param name="Reading">The answer to be repeated at this gate for a while; null when no gate was asked.</param>
internal sealed record RiderRow(
    Guid Person, long PlannedOn, OpenJourney? Open, Guid? LapsedJourneyId, bool JourneyChanged, GateReading? Reading)
    : CompanionRow;

/// <summary>
/// A repeated answer counts its time anew. It changes nothing that anybody plans on, so it has no guard: twenty
/// cameras that see the same face do not wait for each other.
/// </summary>
internal sealed record RepeatRow(Guid Person, string GateId) : CompanionRow;

/// <summary>Guards and writes riders; both row types share one state, so one batch sees what the other did.</summary>
internal sealed class RiderWriter(TransitSettings settings) : ICompanionWriter
{
    public Type RowType => typeof(RiderRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch(rows, settings.Times.RepeatWithin);

    private sealed class Batch(IReadOnlyList<CompanionRow> rows, TimeSpan repeatWithin) : ICompanionBatch
    {
        private readonly Dictionary<Guid, Rider> _riders = [];
        private readonly HashSet<Guid> _changed = [];

        public int Load(NpgsqlBatch batch)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(RiderSql.Select + " where person = any($1)")
            {
                Parameters = { new() { Value = rows.Select(row => ((RiderRow)row).Person).Distinct().ToArray() } },
            });
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct))
            {
                var rider = RiderSql.Read(reader);
                _riders[rider.Person] = rider;
            }
        }

        public GuardVerdict Check(CompanionRow row)
        {
            var change = (RiderRow)row;
            return Of(change.Person).Version == change.PlannedOn ? GuardVerdict.Ok : GuardVerdict.Stale;
        }

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var change = (RiderRow)row;
            var before = Of(change.Person);
            var open = change.Open is { EnteredAt: var entered } journey && entered == default
                ? journey with { EnteredAt = at }
                : change.Open;
            _riders[change.Person] = new Rider(
                change.Person, before.Version + 1, open, change.LapsedJourneyId, Recent(before, change, at));
            _changed.Add(change.Person);
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_changed.Count > 0) batch.BatchCommands.Add(RiderSql.Upsert([.. _changed.Select(id => _riders[id])]));
        }

        private Rider Of(Guid person) => _riders.GetValueOrDefault(person) ?? Rider.New(person);

        private List<GateReading> Recent(Rider before, RiderRow change, DateTimeOffset at)
        {
            var kept = change.JourneyChanged
                ? []
                : before.Recent.Where(reading =>
                    reading.GateId != change.Reading?.GateId && at - reading.At <= repeatWithin).ToList();
            if (change.Reading is { } reading) kept.Add(reading with { At = at });
            return kept;
        }
    }
}

/// <summary>Renews the time of repeated answers, in the store's own words: no state of the program is involved.
/// </summary>
internal sealed class RepeatWriter : ICompanionWriter
{
    public Type RowType => typeof(RepeatRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch();

    private sealed class Batch : ICompanionBatch
    {
        private readonly HashSet<(Guid Person, string GateId)> _seen = [];
        private DateTimeOffset _at;

        public int Load(NpgsqlBatch batch) => 0;

        public Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct) => Task.CompletedTask;

        public GuardVerdict Check(CompanionRow row) => GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var repeat = (RepeatRow)row;
            _seen.Add((repeat.Person, repeat.GateId));
            _at = at;
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_seen.Count == 0) return;
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                update transit_rider r set recent = (
                    select jsonb_agg(case when e.value->>'gate_id' = any(s.gates)
                        then jsonb_set(e.value, '{at}', to_jsonb($3::text)) else e.value end)
                    from jsonb_array_elements(r.recent) e)
                from (select person, array_agg(gate) gates
                      from unnest($1::uuid[], $2::text[]) u(person, gate) group by person) s
                where r.person = s.person and r.recent <> '[]'
                """)
            {
                Parameters =
                {
                    new() { Value = _seen.Select(seen => seen.Person).ToArray() },
                    new() { Value = _seen.Select(seen => seen.GateId).ToArray() },
                    new() { Value = _at.ToString("O", System.Globalization.CultureInfo.InvariantCulture) },
                },
            });
        }
    }
}

/// <summary>A rider's row as SQL, for reading outside and inside of commits.</summary>
internal static class RiderSql
{
    public const string Select =
        """
        select person, version, journey, stop, entered_at, hold, hold_minor, lapsed, recent, spent_by
        from transit_rider
        """;

    public static Rider Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetInt64(1),
        reader.IsDBNull(2)
            ? null
            : new OpenJourney(
                reader.GetGuid(2), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4), reader.GetGuid(5),
                reader.GetInt64(6), Words.Read<SpentBy>(reader.GetString(9))),
        reader.IsDBNull(7) ? null : reader.GetGuid(7),
        JsonSerializer.Deserialize<List<GateReading>>(reader.GetString(8), ApiJson.Options)!);

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<Rider> riders) => new(
        """
        insert into transit_rider (
            person, version, journey, stop, entered_at, hold, hold_minor, lapsed, recent, spent_by)
        select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::timestamptz[], $6::uuid[],
            $7::bigint[], $8::uuid[], $9::jsonb[], $10::text[])
        on conflict (person) do update set version = excluded.version, journey = excluded.journey,
            stop = excluded.stop, entered_at = excluded.entered_at, hold = excluded.hold,
            hold_minor = excluded.hold_minor, lapsed = excluded.lapsed, recent = excluded.recent,
            spent_by = excluded.spent_by
        """)
    {
        Parameters =
        {
            riders.Column(NpgsqlDbType.Uuid, rider => rider.Person),
            riders.Column(NpgsqlDbType.Bigint, rider => rider.Version),
            riders.Column(NpgsqlDbType.Uuid, rider => rider.Open?.Id),
            riders.Column(NpgsqlDbType.Text, rider => rider.Open?.StopId),
            riders.Column(NpgsqlDbType.TimestampTz, rider => rider.Open?.EnteredAt.ToUniversalTime()),
            riders.Column(NpgsqlDbType.Uuid, rider => rider.Open?.HoldId),
            riders.Column(NpgsqlDbType.Bigint, rider => rider.Open?.HoldMinor),
            riders.Column(NpgsqlDbType.Uuid, rider => rider.LapsedJourneyId),
            riders.Column(NpgsqlDbType.Jsonb, rider => JsonSerializer.Serialize(rider.Recent, ApiJson.Options)),
            riders.Column(NpgsqlDbType.Text, rider => Words.Of(rider.Open?.SpentBy ?? SpentBy.Face)),
        },
    };
}
