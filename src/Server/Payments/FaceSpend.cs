using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;

namespace SightPay.Server.Payments;

/// <summary>
/// Counts what a person's face has spent on a day. An increase is refused with <c>step_up_required</c> when it would
/// exceed the cap; a decrease (a hold captured for less) never is.
/// </summary>
/// <param name="CapMinor">Null: no cap (liveness was proved).</param>
public sealed record FaceSpendRow(Guid PersonId, DateOnly Day, long DeltaMinor, long? CapMinor) : CompanionRow
{
    public const string StepUpRequired = "step_up_required";
}

/// <summary>Keeps the day's sums. The ledger's writer is the only one that writes them.</summary>
internal sealed class FaceSpendWriter : ICompanionWriter
{
    public Type RowType => typeof(FaceSpendRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) =>
        new Batch([.. rows.Cast<FaceSpendRow>().Select(row => (row.PersonId, row.Day)).Distinct()]);

    private sealed class Batch((Guid Person, DateOnly Day)[] keys) : ICompanionBatch
    {
        private readonly Dictionary<(Guid, DateOnly), long> _spent = [];
        private readonly HashSet<(Guid Person, DateOnly Day)> _changed = [];

        public int Load(NpgsqlBatch batch)
        {
            batch.BatchCommands.Add(new(
                """
                select f.person_id, f.day, f.spent_minor
                from unnest($1::uuid[], $2::date[]) as k (person_id, day)
                join face_spend f on f.person_id = k.person_id and f.day = k.day
                """)
            {
                Parameters = { Persons(keys), Days(keys) },
            });
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct))
                _spent[(reader.GetGuid(0), reader.GetFieldValue<DateOnly>(1))] = reader.GetInt64(2);
        }

        public GuardVerdict Check(CompanionRow row)
        {
            var spend = (FaceSpendRow)row;
            return spend.DeltaMinor > 0 && spend.CapMinor is { } cap
                && SpentOn(spend) > cap - spend.DeltaMinor
                ? GuardVerdict.Refused(FaceSpendRow.StepUpRequired)
                : GuardVerdict.Ok;
        }

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var spend = (FaceSpendRow)row;
            // A hold of yesterday that is captured for less today may find nothing to take off.
            _spent[(spend.PersonId, spend.Day)] = Math.Max(0, SpentOn(spend) + spend.DeltaMinor);
            _changed.Add((spend.PersonId, spend.Day));
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_changed.Count == 0) return;
            (Guid Person, DateOnly Day)[] changed = [.. _changed];
            batch.BatchCommands.Add(new(
                """
                insert into face_spend (person_id, day, spent_minor)
                select * from unnest($1::uuid[], $2::date[], $3::bigint[])
                on conflict (person_id, day) do update set spent_minor = excluded.spent_minor
                """)
            {
                Parameters =
                {
                    Persons(changed), Days(changed),
                    new() { Value = changed.Select(key => _spent[key]).ToArray() },
                },
            });
        }

        private long SpentOn(FaceSpendRow row) => _spent.GetValueOrDefault((row.PersonId, row.Day));

        private static NpgsqlParameter Persons((Guid Person, DateOnly Day)[] of) =>
            new() { Value = of.Select(key => key.Person).ToArray() };

        private static NpgsqlParameter Days((Guid Person, DateOnly Day)[] of) => new()
        {
            Value = of.Select(key => key.Day).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date,
        };
    }
}
