using Npgsql;

namespace SightPay.Ledger.Tests;

/// <summary>Takes a seat if it still is at the version that the caller saw.</summary>
internal sealed record SeatRow(int Seat, int Version, string Taker) : CompanionRow;

/// <summary>Where a companion may misbehave.</summary>
internal enum SeatFault { None, Begin, Load, Read, Check, Apply, Write, Statement }

/// <summary>A slice in miniature: a guarded, versioned row per seat.</summary>
internal sealed class SeatWriter : ICompanionWriter
{
    public const string Schema =
        """
        create table seat (id int primary key, version int not null, taker text not null check (taker <> 'poison'));
        insert into seat select i, 0, '' from generate_series(1, 2000) i;
        """;

    /// <summary>A row of this taker misbehaves at <see cref="Fault"/>.</summary>
    public const string Villain = "villain";

    public SeatFault Fault { get; set; }
    public Type RowType => typeof(SeatRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows)
    {
        var batch = new SeatBatch(this, [.. rows.Cast<SeatRow>()]);
        batch.MaybeFail(SeatFault.Begin);
        return batch;
    }

    private sealed class SeatBatch(SeatWriter writer, SeatRow[] rows) : ICompanionBatch
    {
        private readonly Dictionary<int, int> _versions = [];
        private readonly Dictionary<int, string> _takers = [];

        public int Load(NpgsqlBatch batch)
        {
            MaybeFail(SeatFault.Load);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("select id, version from seat where id = any($1) for update")
            {
                Parameters = { new() { Value = rows.Select(row => row.Seat).Distinct().ToArray() } },
            });
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            MaybeFail(SeatFault.Read);
            while (await reader.ReadAsync(ct)) _versions[reader.GetInt32(0)] = reader.GetInt32(1);
        }

        public GuardVerdict Check(CompanionRow row)
        {
            var seat = (SeatRow)row;
            if (seat.Taker == Villain && writer.Fault == SeatFault.Check) throw new InvalidDataException("check");
            if (!_versions.TryGetValue(seat.Seat, out var version)) return GuardVerdict.Refused("seat_unknown");
            return version == seat.Version ? GuardVerdict.Ok : GuardVerdict.Stale;
        }

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var seat = (SeatRow)row;
            _versions[seat.Seat]++;
            _takers[seat.Seat] = seat.Taker;
            if (seat.Taker == Villain && writer.Fault == SeatFault.Apply) throw new InvalidDataException("apply");
        }

        public void Write(NpgsqlBatch batch)
        {
            MaybeFail(SeatFault.Write);
            if (_takers.Count == 0) return;
            var takers = _takers.Values
                .Select(taker => taker == Villain && writer.Fault == SeatFault.Statement ? "poison" : taker).ToArray();
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                update seat s set version = u.version, taker = u.taker
                from unnest($1, $2, $3) as u(id, taker, version) where s.id = u.id
                """)
            {
                Parameters =
                {
                    new() { Value = _takers.Keys.ToArray() }, new() { Value = takers },
                    new() { Value = _takers.Keys.Select(seat => _versions[seat]).ToArray() },
                },
            });
        }

        public void MaybeFail(SeatFault at)
        {
            if (writer.Fault == at && rows.Any(row => row.Taker == Villain))
                throw new InvalidDataException(at.ToString().ToLowerInvariant());
        }
    }
}
