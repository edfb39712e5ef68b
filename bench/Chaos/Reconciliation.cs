using System.Text.Json.Nodes;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Database;
using SightPay.Server.People;

namespace SightPay.Bench.Chaos;

/// <summary>
/// Compares what clients were told with what the store holds, once nothing runs any more. Each finding is a sentence.
/// </summary>
internal sealed class Reconciliation(NpgsqlDataSource database, Journal journal, IReadOnlyList<Customer> customers)
{
    /// <summary>Answered, and not there, or there with another answer.</summary>
    public List<string> Lost { get; } = [];

    /// <summary>There more often than it was asked for.</summary>
    public List<string> Doubled { get; } = [];

    /// <summary>Books that contradict each other, or the answers.</summary>
    public List<string> Differences { get; } = [];

    public async Task RunAsync(CancellationToken ct)
    {
        // No slice's rows are written here, so the ledger needs none of their companions.
        await using var ledger = await GeneralLedger.OpenAsync(database, [], new LedgerOptions(), ct);
        Differences.AddRange(await ledger.AuditAsync(ct));
        Differences.AddRange(journal.Contradictions);
        await CompareAnswersAsync(ct);
        await ComparePaymentsAsync(ct);
        await CompareRefundsAsync(ct);
        await CompareTopUpsAsync(ct);
        await CompareWalletsAsync(ledger, ct);
        await CompareBooksAsync(ct);
    }

    /// <summary>Opens the store of a server that has ended.</summary>
    public static async Task<Store> OpenAsync(VictimServer server, CancellationToken ct)
    {
        var store = Store.Prepare(SightPay.Server.Program.DatabaseOf(server.Settings));
        await store.StartAsync(ct);
        return store;
    }

    /// <summary>Every answer stands under its key, as it was given.</summary>
    private async Task CompareAnswersAsync(CancellationToken ct)
    {
        var stored = new Dictionary<Guid, (int Status, string Body)>();
        await ReadAsync("select id, status, body from attempt",
            row => stored[row.GetGuid(0)] = (row.GetInt32(1), row.GetString(2)), ct);
        foreach (var acked in journal.Acked)
        {
            if (!stored.TryGetValue(acked.Key, out var answer))
            {
                // A request that was refused before it came to the ledger leaves nothing behind.
                if (acked.Status is < 300 or 402) Lost.Add($"{acked.Path} {acked.Key} was answered {acked.Status}.");
            }
            else if (answer.Status != acked.Status || !IsSame(answer.Body, acked.Body))
            {
                Lost.Add($"{acked.Path} {acked.Key} was answered {acked.Body} and is stored as {answer.Body}.");
            }
        }
    }

    private async Task ComparePaymentsAsync(CancellationToken ct)
    {
        var acked = customers.SelectMany(customer => customer.Payments).ToDictionary(payment => payment.Id);
        await ReadAsync(
            "select id, state, captured_minor, refunded_minor, version from payment where kind = 'retail'",
            row =>
            {
                var (id, state, version) = (row.GetGuid(0), row.GetString(1), row.GetInt32(4));
                if (!acked.Remove(id, out var payment))
                {
                    Doubled.Add($"Payment {id} is nobody's answer.");
                    return;
                }
                // Time changes a payment too, and tells no client.
                var expired = state == "expired" && payment.State is AckedState.Awaiting or AckedState.Authorised;
                var expected = payment.Version + (expired ? 1 : 0);
                if (version < expected) Lost.Add($"Payment {id} is at {version} and was answered at {expected}.");
                if (version > expected) Doubled.Add($"Payment {id} is at {version} and was answered at {expected}.");
                if (row.GetInt64(2) != payment.CapturedMinor || row.GetInt64(3) != payment.RefundedMinor
                    || (!expired && !state.Equals(payment.State.ToString(), StringComparison.OrdinalIgnoreCase)))
                    Differences.Add($"Payment {id} is {state}, its answers say {payment.State}, or sums differ.");
            }, ct);
        Lost.AddRange(acked.Keys.Select(id => $"Payment {id} was answered."));
    }

    private async Task CompareRefundsAsync(CancellationToken ct)
    {
        var acked = customers.SelectMany(customer => customer.Refunds).ToHashSet();
        await ReadAsync("select id from adjustment where kind = 'refund'", row =>
        {
            if (!acked.Remove(row.GetGuid(0))) Doubled.Add($"Refund {row.GetGuid(0)} is nobody's answer.");
        }, ct);
        Lost.AddRange(acked.Select(id => $"Refund {id} was answered."));
    }

    /// <summary>Each top-up is credited once, whatever its webhook, the poller and restarts did.</summary>
    private async Task CompareTopUpsAsync(CancellationToken ct)
    {
        var credits = new Dictionary<string, int>();
        await ReadAsync(
            $"""
             select a.key, count(*) from transfer t join account a on a.id = t.credit
             where t.code = {(short)TransferCode.TopUp} group by a.key
             """, row => credits[row.GetString(0)] = (int)row.GetInt64(1), ct);
        foreach (var customer in customers)
        {
            var (count, asked) = (credits.GetValueOrDefault(Person.WalletKey(customer.Id)), customer.TopUps.Count);
            if (count < asked) Lost.Add($"{asked} top-ups of {customer.Id} were answered, {count} are credited.");
            if (count > asked) Doubled.Add($"{asked} top-ups of {customer.Id} were answered, {count} are credited.");
        }
    }

    private async Task CompareWalletsAsync(GeneralLedger ledger, CancellationToken ct)
    {
        foreach (var customer in customers)
        {
            var wallet = await ledger.AccountAsync(Person.WalletKey(customer.Id), ct);
            var debt = await ledger.AccountAsync(Person.ReceivableKey(customer.Id), ct);
            var own = wallet!.BalanceMinor + debt!.BalanceMinor;
            if (own != customer.OwnMinor)
                Differences.Add($"{customer.Id} has {own}, the answers add up to {customer.OwnMinor}.");
        }
    }

    /// <summary>What one commit writes agrees in all of its tables.</summary>
    private async Task CompareBooksAsync(CancellationToken ct)
    {
        string[] checks =
        [
            """
            select format('Merchant account %s holds %s, its payments say %s', a.key,
                a.credits_posted - a.debits_posted, p.minor)
            from (select payee_account, sum(captured_minor - refunded_minor) as minor
                from payment where kind = 'retail' group by payee_account) p
            join account a on a.key = p.payee_account where a.credits_posted - a.debits_posted <> p.minor
            """,
            """
            select format('Payment %s is at version %s and told of %s times', p.id, p.version, coalesce(o.n, 0))
            from payment p left join (
                select (payload->>'transaction_id')::uuid as id, count(*) as n
                from outbox where kind = 'payment' group by 1) o on o.id = p.id
            where p.kind = 'retail' and p.version <> coalesce(o.n, 0)
            """,
            """
            select format('Payment %s took %s and its %s receipts say %s', p.id, p.captured_minor, count(r.id),
                coalesce(sum(r.amount_minor), 0))
            from payment p left join receipt r on r.subject = p.id and r.kind = 'purchase'
            where p.kind = 'retail' group by p.id, p.captured_minor
            having coalesce(sum(r.amount_minor), 0) <> p.captured_minor
                or count(r.id) <> case when p.captured_minor > 0 then 1 else 0 end
            """,
            """
            select format('Refund %s of %s has %s receipts', d.id, d.amount_minor, count(r.id))
            from adjustment d
            left join receipt r on r.subject = d.id and r.kind = 'refund' and r.amount_minor = d.amount_minor
            where d.kind = 'refund' and d.state = 'done' group by d.id, d.amount_minor having count(r.id) <> 1
            """,
            """
            select format('%s receipts are numbered up to %s', count(*), max(seq)) from receipt
            having count(*) > 0 and max(seq) <> count(*) - 1
            """,
            """
            select format('Hold %s of %s payment %s is %s', p.hold, p.state, p.id,
                case when r.hold_id is null then 'open' else 'resolved' end)
            from payment p left join hold_resolution r on r.hold_id = p.hold
            where p.kind = 'retail' and (r.hold_id is null) <> (p.state in ('awaiting', 'authorised'))
                and coalesce(p.due_at > now(), true)
            """,
        ];
        foreach (var check in checks) await ReadAsync(check, row => Differences.Add(row.GetString(0)), ct);
    }

    /// <summary>A stored problem gets the id of its request when it is sent.</summary>
    private static bool IsSame(string stored, string answered)
    {
        if (stored == answered) return true;
        if (JsonNode.Parse(answered) is not JsonObject problem || !problem.Remove("request_id")) return false;
        return JsonNode.DeepEquals(JsonNode.Parse(stored), problem);
    }

    private async Task ReadAsync(string sql, Action<NpgsqlDataReader> each, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) each(reader);
    }
}
