using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SightPay.Tests.Support;

namespace SightPay.Ledger.Tests;

/// <summary>A migrated database with an open ledger, and short words for acts.</summary>
internal sealed class LedgerBed : IAsyncDisposable
{
    private bool _databaseClock;

    private LedgerBed(string connectionString) =>
        (ConnectionString, Source) = (connectionString, NpgsqlDataSource.Create(connectionString));

    public GeneralLedger Ledger { get; private set; } = null!;
    public NpgsqlDataSource Source { get; }
    public string ConnectionString { get; }
    public VirtualClock Clock { get; } = new();

    public static async Task<LedgerBed> CreateAsync(
        IReadOnlyList<ICompanionWriter>? companions = null, string sql = "", LedgerOptions? options = null,
        bool databaseClock = false)
    {
        await using var database = await TestDatabase.CreateAsync();
        return await CreateOnAsync(database.ConnectionString, companions, sql, options, databaseClock);
    }

    /// <summary>On an empty database of any PostgreSQL.</summary>
    public static async Task<LedgerBed> CreateOnAsync(
        string connectionString, IReadOnlyList<ICompanionWriter>? companions = null, string sql = "",
        LedgerOptions? options = null, bool databaseClock = false)
    {
        var bed = new LedgerBed(connectionString) { _databaseClock = databaseClock };
        foreach (var migration in GeneralLedger.Migrations) await bed.ExecuteAsync(migration.Sql);
        if (sql.Length > 0) await bed.ExecuteAsync(sql);
        bed.Ledger = await bed.OpenSecondAsync(companions, options);
        return bed;
    }

    public Task<GeneralLedger> OpenSecondAsync(
        IReadOnlyList<ICompanionWriter>? companions = null, LedgerOptions? options = null,
        CancellationToken ct = default)
    {
        var clocked = (options ?? new LedgerOptions()) with { Clock = _databaseClock ? null : Clock };
        return GeneralLedger.OpenAsync(Source, companions ?? [], clocked, ct);
    }

    /// <summary>
    /// Holds the writer inside a commit, with one act prepared behind it, while acts are queued, so that they all meet
    /// in the next batch.
    /// </summary>
    public async Task<Task<ActResult>[]> InOneBatchAsync(params Act[] acts)
    {
        await using var commit = await HeldCommit.OfAsync(this, ActOf(NewId()));
        var second = await commit.PrepareAsync(ActOf(NewId()));
        var queued = acts.Select(act => Ledger.SubmitAsync(act, default)).ToArray();
        commit.Go();
        await commit.First;
        await second;
        return queued;
    }

    /// <summary>Everything that a refused act must leave as it was.</summary>
    public Task<string> MoneyStateAsync() => ScalarAsync<string>(
        """
        select coalesce((select string_agg(a::text, E'\n' order by id) from account a), '')
            || coalesce((select string_agg(t::text, E'\n' order by seq) from transfer t), '')
            || coalesce((select string_agg(r::text, E'\n' order by hold_id) from hold_resolution r), '')
        """);

    /// <summary>Wallets never overdraw; every other kind may.</summary>
    public async Task OpenAsync(string asset, AccountKind kind, params string[] keys)
    {
        await using var connection = await Source.OpenConnectionAsync();
        var flags = kind == AccountKind.Wallet ? AccountFlags.NoOverdraft : AccountFlags.None;
        await GeneralLedger.OpenAccountsAsync(
            connection, null, [.. keys.Select(key => new AccountOpening(key, asset, kind, flags))], default);
    }

    public Act[] Payments(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => ActOf(NewId(), Post("ann", "shop", 1)))];

    /// <summary>Every payment was taken, and none of them twice.</summary>
    public async Task AssertEachOnceAsync(int payments)
    {
        Xunit.Assert.Equal(payments, (await AccountAsync("shop")).BalanceMinor);
        Xunit.Assert.Equal(payments, await ScalarAsync<long>("select count(*) from transfer where code = 4"));
        Xunit.Assert.Empty(await Ledger.AuditAsync(default));
    }

    public Task KillWriterAsync() => KillAsync(Ledger.Writer.ProcessIds.Take(1));

    public async Task KillAsync(IEnumerable<int> processes)
    {
        foreach (var process in processes) await ExecuteAsync($"select pg_terminate_backend({process})");
    }

    /// <summary>False: the ledger is away, ask again.</summary>
    public async Task<bool> IsCommittedAsync(Act act)
    {
        try
        {
            (await Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Committed);
            return true;
        }
        catch (LedgerUnavailableException)
        {
            return false;
        }
    }

    /// <summary>A shop, a provider and wallets with the given money.</summary>
    public async Task OpenShopAsync(params (string Key, long AmountMinor)[] wallets)
    {
        await OpenAsync("INR", AccountKind.Payable, "shop");
        await OpenAsync("INR", AccountKind.ProviderClearing, "provider");
        await OpenAsync("INR", AccountKind.Wallet, [.. wallets.Select(wallet => wallet.Key)]);
        foreach (var (key, amountMinor) in wallets)
            if (amountMinor > 0)
                (await SubmitAsync(Post("provider", key, amountMinor, TransferCode.TopUp))).MustBe(ActEnd.Committed);
    }

    public Task<ActResult> SubmitAsync(params Transfer[] chain) => Ledger.SubmitAsync(ActOf(NewId(), chain), default);

    public Guid NewId() => Ids.Next(Clock);

    public Transfer Post(
        string debit, string credit, long amountMinor, TransferCode code = TransferCode.Purchase, Guid? id = null) =>
        Transfer.Post(id ?? NewId(), debit, credit, amountMinor, code);

    public Transfer Hold(string debit, string credit, long amountMinor, double minutes = 5, Guid? id = null) =>
        Transfer.Hold(id ?? NewId(), debit, credit, amountMinor, TransferCode.Purchase, TimeSpan.FromMinutes(minutes));

    public Transfer Capture(Guid holdId, long amountMinor, Guid? id = null) =>
        Transfer.Capture(id ?? NewId(), holdId, amountMinor, TransferCode.Purchase);

    /// <summary>Out of the shop, to ann.</summary>
    public Transfer Refund(Guid takenId, long amountMinor, TransferCode code = TransferCode.Refund) =>
        Post("shop", "ann", amountMinor, code) with { RefId = takenId };

    public Transfer Void(Guid holdId, Guid? id = null) => Transfer.Void(id ?? NewId(), holdId);

    public static Act ActOf(Guid id, params Transfer[] chain) => ActOf(id, "body", [PlanOf(chain)]);

    public static Act ActOf(Guid id, string body, IReadOnlyList<Plan> plans) => new()
    {
        Id = id,
        Fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes(body)),
        Plans = plans,
        Refuse = refusal => new Answer(402, refusal.Code),
    };

    public static Plan PlanOf(params Transfer[] chain) => new()
    {
        Transfers = chain,
        Compose = outcome => new Answer(200, string.Join(
            ' ', chain.Where(t => t.HoldId is null).Select(t => Balance(outcome.Account(t.DebitKey))))),
    };

    public async Task<Account> AccountAsync(string key) =>
        await Ledger.AccountAsync(key, default) ?? throw new InvalidOperationException($"no account {key}");

    public async Task<(long Held, long Available)> HeldAndAvailableAsync(string key)
    {
        var account = await AccountAsync(key);
        return (account.HeldMinor, account.AvailableMinor);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await Source.DisposeAsync();
    }

    private static string Balance(Account account) =>
        account.AvailableMinor.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A clock that stands still until it is told to move.</summary>
internal sealed class VirtualClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 3, 1, 6, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;

    public void Set(DateTimeOffset now) => _now = now;
}

internal static class ResultWords
{
    public static ActResult MustBe(this ActResult result, ActEnd end, string? refusalCode = null)
    {
        Xunit.Assert.Equal(end, result.End);
        Xunit.Assert.Equal(refusalCode, result.RefusalCode);
        return result;
    }
}
