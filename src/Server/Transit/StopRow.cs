using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Events;

namespace SightPay.Server.Transit;

/// <summary>Somebody came into or left a stop: its count and the event that tells it, both as of the commit.</summary>
/// <param name="Change">Of the people inside who entered at this stop.</param>
/// <param name="Event">One of the words below.</param>
internal sealed record StopRow(
    string StopId, int Change, string Event, string? GateId, Guid JourneyId, string? DisplayName) : CompanionRow
{
    public const string Entry = "entry";
    public const string Exit = "exit";

    /// <summary>Only the count changed: somebody who entered here went out elsewhere.</summary>
    public const string Count = "count";

    /// <summary>A journey was closed without its exit.</summary>
    public const string Closed = "closed";
}

/// <summary>
/// Counts people and tells the operators' live feed. The event carries the count after it, so a page that shows the
/// feed and a page that reads the stops say the same.
/// </summary>
internal sealed class StopWriter : ICompanionWriter
{
    private sealed record Told(
        string StopId, int Inside, string Event, string? GateId, Guid JourneyId, string? DisplayName,
        DateTimeOffset At);

    public Type RowType => typeof(StopRow);

    public ICompanionBatch Begin(IReadOnlyList<CompanionRow> rows) => new Batch();

    private sealed class Batch : ICompanionBatch
    {
        private readonly Dictionary<string, int> _inside = [];
        private readonly HashSet<string> _changed = [];
        private readonly List<(OutboxRow, DateTimeOffset)> _events = [];

        public int Load(NpgsqlBatch batch)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("select id, inside from transit_stop"));
            return 1;
        }

        public async Task ReadAsync(int index, NpgsqlDataReader reader, CancellationToken ct)
        {
            while (await reader.ReadAsync(ct)) _inside[reader.GetString(0)] = reader.GetInt32(1);
        }

        public GuardVerdict Check(CompanionRow row) => GuardVerdict.Ok;

        public void Apply(CompanionRow row, DateTimeOffset at)
        {
            var stop = (StopRow)row;
            var inside = _inside[stop.StopId] + stop.Change;
            if (stop.Change != 0)
            {
                _inside[stop.StopId] = inside;
                _changed.Add(stop.StopId);
            }
            var told = new Told(stop.StopId, inside, stop.Event, stop.GateId, stop.JourneyId, stop.DisplayName, at);
            _events.Add((new OutboxRow(OutboxRow.Operations, "stop", ApiJson.Write(told)), at));
        }

        public void Write(NpgsqlBatch batch)
        {
            if (_events.Count == 0) return;
            Outbox.Write(batch, _events);
            if (_changed.Count == 0) return;
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                update transit_stop s set inside = n.inside
                from unnest($1::text[], $2::int[]) n(id, inside) where s.id = n.id
                """)
            {
                Parameters =
                {
                    _changed.Column(NpgsqlDbType.Text, id => id),
                    _changed.Column(NpgsqlDbType.Integer, id => _inside[id]),
                },
            });
        }
    }
}
