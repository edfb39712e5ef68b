using Npgsql;
using NpgsqlTypes;
using SightPay.Ledger;

namespace SightPay.Server.Events;

/// <summary>An event that becomes visible with the commit it belongs to.</summary>
/// <param name="Topic"><c>person:{id}</c>, <c>site:{id}</c> or <c>operations</c>.</param>
/// <param name="Kind">Message type on the live feed, for instance <c>journey</c>, <c>wallet</c>, <c>stop</c>.</param>
/// <param name="Payload">A JSON object; no biometrics.</param>
public sealed record OutboxRow(string Topic, string Kind, string Payload) : CompanionRow
{
    /// <summary>The topic that operators follow.</summary>
    public const string Operations = "operations";

    /// <summary>The kind of what people should look at; <c>what</c> says it.</summary>
    public const string Alert = "alert";

    /// <summary>
    /// A topic that is followed and never written to: events of this kind, whomever they are about. They are hints;
    /// when very many come at once, some are left out.
    /// </summary>
    public static string EveryTopic(string kind) => EveryPrefix + kind;

    internal const string EveryPrefix = "every:";

    /// <summary>The topic that a person follows on their own devices.</summary>
    public static string PersonTopic(Guid person) => $"person:{person}";

    /// <summary>The topic that owner and staff of a filling station follow.</summary>
    public static string SiteTopic(string site) => $"site:{site}";
}

/// <summary>Adds events from transactions that are not ledger acts.</summary>
public sealed class Outbox
{
    internal const string Channel = "sightpay_outbox";

    /// <summary>
    /// Call it last before the commit. Whoever writes events holds one lock from the first event to the commit, the
    /// ledger's writer too: only so do sequence numbers become visible in order, and a reader that has seen number
    /// 7 never has to look for a 6 that commits later. A transaction that dawdles here holds up payments.
    /// </summary>
    public static async Task AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, OutboxRow row, CancellationToken ct)
    {
        await using var clock = new NpgsqlCommand("select clock_timestamp()", connection, transaction);
        var at = (DateTime)(await clock.ExecuteScalarAsync(ct))!;
        await using var batch = new NpgsqlBatch(connection, transaction);
        Write(batch, [(row, at)]);
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Lock, rows and notification, in this order.</summary>
    internal static void Write(NpgsqlBatch batch, IReadOnlyList<(OutboxRow Row, DateTimeOffset At)> events)
    {
        batch.BatchCommands.Add(new("select pg_advisory_xact_lock(hashtext('sightpay.outbox'))"));
        batch.BatchCommands.Add(new(
            """
            insert into outbox (topic, kind, payload, at)
            select unnest($1::text[]), unnest($2::text[]), unnest($3::text[])::jsonb, unnest($4::timestamptz[])
            """)
        {
            Parameters =
            {
                new() { Value = events.Select(e => e.Row.Topic).ToArray() },
                new() { Value = events.Select(e => e.Row.Kind).ToArray() },
                new() { Value = events.Select(e => e.Row.Payload).ToArray() },
                new()
                {
                    Value = events.Select(e => e.At.UtcDateTime).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                },
            },
        });
        batch.BatchCommands.Add(new($"select pg_notify('{Channel}', '')"));
    }
}

/// <summary>Writes the events of a group of acts in the commit of the acts.</summary>
internal sealed class OutboxWriter : CompanionLog<OutboxRow>
{
    protected override void Write(NpgsqlBatch batch, IReadOnlyList<(OutboxRow Row, DateTimeOffset At)> rows) =>
        Outbox.Write(batch, rows);
}
