using System.Diagnostics;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Database;
using SightPay.Server.Events;
using SightPay.Server.Payments;
using SightPay.Server.People;
using SightPay.Server.Receipts;

namespace SightPay.Bench.Ledger;

internal readonly record struct ChargeFigures(double PerSecond, double P50Ms, double P99Ms);

/// <summary>
/// Charges from many funded payers to one merchant. With full rows they are the server's own payments at a till: its
/// plan, and all rows that it writes.
/// </summary>
internal sealed class ChargeBench : IAsyncDisposable
{
    public const int Payers = 100_000;

    // Funded in bulk, yet as history: the audit must find nothing to object to.
    private const string Fund =
        """
        insert into account (key, asset, kind, flags, credits_posted)
        select 'wallet:00000000-0000-7000-8000-' || lpad(to_hex(g), 12, '0'), 'INR', 1, 1, 1000000000
        from generate_series(1, 100000) g;
        insert into account (key, asset, kind, debits_posted)
        values ('provider', 'INR', 4, 100000 * 1000000000::bigint);
        insert into account (key, asset, kind) values ('merchant', 'INR', 3);
        insert into transfer (id, seq, act_id, kind, code, debit, credit, amount, at)
        select gen_random_uuid(), row_number() over (order by a.id), gen_random_uuid(), 1, 1, p.id, a.id,
            1000000000, now()
        from account a, account p where a.kind = 1 and p.key = 'provider';
        """;

    private static readonly Payee Merchant = new("merchant", "merchant");
    private static readonly SpendingLimit Unlimited = new(SpentBy.Consent, long.MaxValue, long.MaxValue, int.MaxValue);
    private static readonly PaymentPlans Payments = new(TimeProvider.System);

    private readonly NpgsqlDataSource _database;
    private readonly GeneralLedger _ledger;
    private readonly bool _full;
    private long _seed;
    private long _acknowledged;

    private ChargeBench(NpgsqlDataSource database, GeneralLedger ledger, bool full) =>
        (_database, _ledger, _full) = (database, ledger, full);

    public long Acknowledged => _acknowledged;

    public static async Task<ChargeBench> OpenAsync(string connectionString, bool full, CancellationToken ct)
    {
        var database = NpgsqlDataSource.Create(connectionString);
        await new Migrator(database, TimeProvider.System).MigrateAsync(Server.Program.Schemas, ct);
        await ExecuteAsync(database, Fund, ct);
        await ExecuteAsync(database, "vacuum analyze", ct);
        var ledger = await GeneralLedger.OpenAsync(
            database, [new SpendingTable(), new PaymentTable(), new ReceiptWriter(), new OutboxWriter()],
            new LedgerOptions(), ct);
        return new ChargeBench(database, ledger, full);
    }

    public async Task<ChargeFigures> MeasureAsync(int callers, TimeSpan time, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var seed = Interlocked.Increment(ref _seed) * 10_000;
        var latencies = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random((int)seed + caller);
            var mine = new List<double>();
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                var sent = Stopwatch.GetTimestamp();
                await ChargeAsync(random, ct);
                mine.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
            return mine;
        }, ct)));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var all = latencies.SelectMany(mine => mine).Order().ToArray();
        Interlocked.Add(ref _acknowledged, all.Length);
        return new ChargeFigures(all.Length / elapsed, all[all.Length / 2], all[(int)(all.Length * 0.99)]);
    }

    /// <summary>What the audit objects to, and charges acknowledged but not stored or the other way round.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync(CancellationToken ct)
    {
        var differences = (await _ledger.AuditAsync(ct)).ToList();
        await CompareAsync("transfers", $"select count(*) - {Payers} from transfer", ct);
        await CompareAsync("acts", "select count(*) from attempt where outcome = 1", ct);
        if (!_full) return differences;
        await CompareAsync("payments", "select count(*) from payment where state = 'captured'", ct);
        await CompareAsync("counted payments", "select coalesce(sum(payments), 0)::bigint from spending", ct);
        await CompareAsync("receipts", "select count(distinct subject) from receipt", ct);
        await CompareAsync("events", "select count(*) from outbox where kind = 'payment'", ct);
        return differences;

        async Task CompareAsync(string what, string sql, CancellationToken cancel)
        {
            await using var command = _database.CreateCommand(sql);
            command.CommandTimeout = 0;
            var stored = (long)(await command.ExecuteScalarAsync(cancel))!;
            if (stored != _acknowledged)
                differences.Add($"{_acknowledged} charges were acknowledged, {stored} {what} are stored.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ledger.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task ChargeAsync(Random random, CancellationToken ct)
    {
        var (id, amount) = (Ids.Next(TimeProvider.System), random.Next(1, 500));
        var payer = Guid.Parse($"00000000-0000-7000-8000-{random.Next(1, Payers + 1):x12}");
        var fingerprint = new byte[32];
        id.TryWriteBytes(fingerprint);
        var result = await _ledger.SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = fingerprint,
            Plans = [_full ? Payment(id, payer, amount) : Charge(id, payer, amount)],
            Refuse = refusal => new Answer(402, $$"""{"code":"{{refusal.Code}}"}"""),
        }, ct);
        if (result.End != ActEnd.Committed)
            throw new InvalidDataException($"A charge ended as {result.End}: {result.RefusalCode}");
    }

    private static Plan Payment(Guid id, Guid payer, long amountMinor) => Payments.PayNow(
        new Payment
        {
            Id = id,
            Kind = PaymentKind.Retail,
            Person = payer,
            Payee = Merchant,
            Amount = new Money(amountMinor, "INR"),
            State = PaymentState.Created,
        }, Unlimited);

    private static Plan Charge(Guid id, Guid payer, long amountMinor)
    {
        var wallet = Person.WalletKey(payer);
        return new Plan
        {
            Transfers =
            [
                Transfer.Post(
                    Ids.Next(TimeProvider.System), wallet, Merchant.AccountKey, amountMinor, TransferCode.Purchase),
            ],
            Compose = outcome => new Answer(
                201,
                $$"""{"id":"{{id}}","status":"captured","balance_minor":{{outcome.Account(wallet).BalanceMinor}}}"""),
        };
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }
}
