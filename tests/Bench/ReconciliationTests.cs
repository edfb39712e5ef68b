using Dapper;
using SightPay.Bench.Chaos;
using SightPay.Ledger;
using SightPay.Tests.Support;

namespace SightPay.Bench.Tests;

/// <summary>What chaos looks for is found when it is there.</summary>
public sealed class ReconciliationTests : IAsyncLifetime
{
    private static readonly Guid _key = Ids.Next(TimeProvider.System);

    private readonly Journal _journal = new();
    private TestDatabase _database = null!;

    public async Task InitializeAsync() =>
        _database = await TestDatabase.CreateAsync([.. SightPay.Server.Program.Schemas]);

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task An_empty_store_agrees_with_no_answers()
    {
        var books = await CompareAsync();
        Assert.Empty(books.Lost.Concat(books.Doubled).Concat(books.Differences));
    }

    [Fact]
    public async Task An_answer_without_a_record_is_lost()
    {
        _journal.Acked.Enqueue(new AckedAct(_key, "/transactions", 201, "{}"));
        Assert.Single((await CompareAsync()).Lost);
    }

    [Fact]
    public async Task An_answer_that_was_recorded_otherwise_is_lost()
    {
        await RecordAsync(201, """{"id":1}""");
        _journal.Acked.Enqueue(new AckedAct(_key, "/transactions", 201, """{"id":2}"""));
        Assert.Single((await CompareAsync()).Lost);
    }

    [Fact]
    public async Task A_refusal_is_the_same_with_the_id_of_its_request()
    {
        await RecordAsync(402, """{"code":"insufficient_funds"}""");
        _journal.Acked.Enqueue(new AckedAct(
            _key, "/transactions", 402, """{"code":"insufficient_funds","request_id":"7"}"""));
        Assert.Empty((await CompareAsync()).Lost);
    }

    [Fact]
    public async Task A_payment_that_nobody_was_told_of_is_doubled_and_its_books_differ()
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        await GeneralLedger.OpenAccountsAsync(
            connection, null, [new("merchant:canteen", "INR", AccountKind.Payable, AccountFlags.None)], default);
        await connection.ExecuteAsync(
            """
            insert into payment (id, kind, person, payee, payee_account, method, amount_minor, currency, state,
                captured_minor, refunded_minor, captures_later, version, created_at)
            values (@id, 'retail', @id, 'canteen', 'merchant:canteen', 'wallet', 5, 'INR', 'captured', 5, 0, false, 1,
                now())
            """, new { id = Ids.Next(TimeProvider.System) });
        var books = await CompareAsync();
        Assert.Single(books.Doubled);
        // The merchant's account, the events, the receipt and the hold all miss it.
        Assert.Equal(4, books.Differences.Count);
    }

    private async Task<Reconciliation> CompareAsync()
    {
        var books = new Reconciliation(_database.DataSource, _journal, []);
        await books.RunAsync(default);
        return books;
    }

    private async Task RecordAsync(int status, string body)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into attempt (id, fingerprint, outcome, refusal_code, status, body, at)
            values (@id, sha256(''), @outcome, @code, @status, @body, now())
            """,
            new
            {
                id = _key, outcome = status < 300 ? 1 : 2, code = status < 300 ? null : "insufficient_funds", status,
                body,
            });
    }
}
