using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Transit;

internal enum JourneyState
{
    Open,
    Completed,
    Incomplete,
}

/// <summary>A journey that begins, ends or both with an act. Times are those of the commit.</summary>
/// <param name="IsNew">It begins with this act; without an entry it begins and ends at once.</param>
/// <param name="Entry">Set when it is new and an entry was seen.</param>
/// <param name="Exit">Set when an exit was seen.</param>
/// <param name="OwedMinor">The part of the fare that the wallet could not pay.</param>
internal sealed record JourneyRow(
    Guid Id, Guid Person, bool IsNew, JourneyState State, Gate? Entry, Gate? Exit, long FareMinor, long OwedMinor)
    : CompanionRow
{
    public static JourneyRow Begun(Guid id, Guid person, Gate entry) =>
        new(id, person, true, JourneyState.Open, entry, null, 0, 0);

    public static JourneyRow Ended(
        Guid id, Guid person, JourneyState state, Gate? exit, long fareMinor, long owedMinor = 0) =>
        new(id, person, false, state, null, exit, fareMinor, owedMinor);

    public static JourneyRow ExitOnly(Guid id, Guid person, Gate exit, long fareMinor, long owedMinor) =>
        new(id, person, true, JourneyState.Incomplete, null, exit, fareMinor, owedMinor);
}

/// <summary>Writes journeys. Their guard is the rider's row, which is part of the same plan.</summary>
internal sealed class JourneyWriter : ICompanionWriter
{
    public Type RowType => typeof(JourneyRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch();

    private sealed class Batch : ICompanionBatch
    {
        private readonly List<JourneyRow> _begun = [];
        private readonly List<JourneyRow> _ended = [];
        private DateTimeOffset _at;

        public int Load(NpgsqlBatch batch) => 0;

        public Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct) => Task.CompletedTask;

        public GuardVerdict Check(CompanionRow row) => GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var journey = (JourneyRow)row;
            (journey.IsNew ? _begun : _ended).Add(journey);
            _at = at;
        }

        public void Write(NpgsqlBatch batch)
        {
            // What ended is written first: a rider's index allows one open journey only.
            if (_ended.Count > 0) batch.BatchCommands.Add(End());
            if (_begun.Count > 0) batch.BatchCommands.Add(Begin());
        }

        private NpgsqlBatchCommand Begin() => new(
            """
            insert into transit_journey (id, person, state, entry_gate, entry_stop, entry_at, exit_gate, exit_stop,
                exit_at, fare_minor, owed_minor, ended_at)
            select id, person, state, entry_gate, entry_stop, case when entry_gate is not null then $10 end,
                exit_gate, exit_stop, case when exit_gate is not null then $10 end, fare, owed,
                case when state <> 'open' then $10 end
            from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::bigint[], $9::bigint[])
                j(id, person, state, entry_gate, entry_stop, exit_gate, exit_stop, fare, owed)
            """)
        {
            Parameters =
            {
                _begun.Column(NpgsqlDbType.Uuid, row => row.Id),
                _begun.Column(NpgsqlDbType.Uuid, row => row.Person),
                _begun.Column(NpgsqlDbType.Text, row => Words.Of(row.State)),
                _begun.Column(NpgsqlDbType.Text, row => row.Entry?.Id),
                _begun.Column(NpgsqlDbType.Text, row => row.Entry?.StopId),
                _begun.Column(NpgsqlDbType.Text, row => row.Exit?.Id),
                _begun.Column(NpgsqlDbType.Text, row => row.Exit?.StopId),
                _begun.Column(NpgsqlDbType.Bigint, row => row.FareMinor),
                _begun.Column(NpgsqlDbType.Bigint, row => row.OwedMinor),
                new() { Value = _at.ToUniversalTime() },
            },
        };

        private NpgsqlBatchCommand End() => new(
            """
            update transit_journey j set state = e.state, exit_gate = e.exit_gate, exit_stop = e.exit_stop,
                exit_at = case when e.exit_gate is not null then $7 end, fare_minor = e.fare,
                owed_minor = j.owed_minor + e.owed, ended_at = coalesce(j.ended_at, $7)
            from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
                e(id, state, exit_gate, exit_stop, fare, owed)
            where j.id = e.id
            """)
        {
            Parameters =
            {
                _ended.Column(NpgsqlDbType.Uuid, row => row.Id),
                _ended.Column(NpgsqlDbType.Text, row => Words.Of(row.State)),
                _ended.Column(NpgsqlDbType.Text, row => row.Exit?.Id),
                _ended.Column(NpgsqlDbType.Text, row => row.Exit?.StopId),
                _ended.Column(NpgsqlDbType.Bigint, row => row.FareMinor),
                _ended.Column(NpgsqlDbType.Bigint, row => row.OwedMinor),
                new() { Value = _at.ToUniversalTime() },
            },
        };
    }
}
