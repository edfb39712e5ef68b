using System.Diagnostics;
using Npgsql;
using SightPay.Ledger;

namespace SightPay.Bench.Ledger;

internal readonly record struct ChargeFigures(double PerSecond, double P50Ms, double P99Ms);

/// <summary>Charges from many funded payers to one merchant, as a till or gate would send them.</summary>
internal sealed class ChargeBench : IAsyncDisposable
{
    public const int Payers = 100_000;

    // Funded in bulk, yet as history: the audit must find nothing to object to.
    private const string Fund =
        """
        insert into account (key, asset, kind, flags, credits_posted)
        select 'wallet:' || g, 'INR', 1, 1, 1000000000 from generate_series(1, 100000) g;
        insert into account (key, asset, kind, debits_posted)
        values ('provider', 'INR', 4, 100000 * 1000000000::bigint);
        insert into account (key, asset, kind) values ('merchant', 'INR', 3);
        insert into transfer (id, seq, act_id, kind, code, debit, credit, amount, at)
        select gen_random_uuid(), row_number() over (order by a.id), gen_random_uuid(), 1, 1, p.id, a.id,
            1000000000, now()
        from account a, account p where a.kind = 1 and p.key = 'provider';
        """;

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
        foreach (var (_, sql) in GeneralLedger.Migrations) await ExecuteAsync(database, sql, ct);
        await ExecuteAsync(database, PaymentWriter.Schema, ct);
        await ExecuteAsync(database, OutboxWriter.Schema, ct);
        await ExecuteAsync(database, Fund, ct);
        await ExecuteAsync(database, "vacuum analyze", ct);
        var ledger = await GeneralLedger.OpenAsync(
            database, [new PaymentWriter(), new OutboxWriter()], new LedgerOptions(), ct);
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
        await CompareAsync("payments", "select count(*) from bench_payment", ct);
        await CompareAsync("outbox rows", "select count(*) from bench_outbox", ct);
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
        var (id, payer, amount) = (Ids.Next(TimeProvider.System), random.Next(1, Payers + 1), random.Next(1, 500));
        var fingerprint = new byte[32];
        id.TryWriteBytes(fingerprint);
        var result = await _ledger.SubmitAsync(new Act
        {
            Id = id,
            Fingerprint = fingerprint,
            Plans =
            [
                new Plan
                {
                    Transfers = [Transfer.Post(
                        Ids.Next(TimeProvider.System), $"wallet:{payer}", "merchant", amount, TransferCode.Purchase)],
                    Rows = _full ? [new PaymentRow(id, payer, amount), new OutboxRow(id, amount)] : [],
                    Compose = outcome => Captured(id, outcome.Account($"wallet:{payer}")),
                },
            ],
            Refuse = refusal => new Answer(402, $$"""{"code":"{{refusal.Code}}"}"""),
        }, ct);
        if (result.End != ActEnd.Committed)
            throw new InvalidDataException($"A charge ended as {result.End}: {result.RefusalCode}");
    }

    private static Answer Captured(Guid id, Account payer) =>
        new(201, $$"""{"id":"{{id}}","status":"captured","balance_minor":{{payer.BalanceMinor}}}""");

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }
}
