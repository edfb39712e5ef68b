using SightPay.Ledger;
using SightPay.Server.Database;
using SightPay.Server.Payments;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>An installation with real money takes no play money, and the other way round.</summary>
public sealed class MoneyKindTests : IAsyncLifetime
{
    private static readonly PaymentSettings Play = new(InnerServer.Currency);
    private static readonly PaymentSettings Test = With("sk_test_1");
    private static readonly PaymentSettings Live = With("sk_live_1");
    private static readonly PaymentSettings None = Play with { Provider = PaymentSettings.NoProvider };

    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync(
        new SliceSchema("ledger", GeneralLedger.Migrations), PaymentsSlice.Schema);

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Until_something_is_credited_the_provider_may_change()
    {
        foreach (var settings in (PaymentSettings[])[Play, Live, None, Test, Live, Play]) await StartAsync(settings);
    }

    [Fact]
    public async Task Wallets_with_play_money_are_never_opened_for_real_money()
    {
        await StartAsync(Play);
        await CreditAsync("sandbox");
        foreach (var settings in (PaymentSettings[])[Play, Test, None]) await StartAsync(settings);
        var refused = await Assert.ThrowsAsync<StoreException>(() => StartAsync(Live));
        Assert.Contains("SIGHTPAY_PROVIDER=sandbox", refused.Message);
        await StartAsync(Play);
    }

    [Fact]
    public async Task Wallets_with_real_money_take_no_play_money()
    {
        await StartAsync(Live);
        await CreditAsync("stripe");
        foreach (var settings in (PaymentSettings[])[Play, Test])
        {
            var refused = await Assert.ThrowsAsync<StoreException>(() => StartAsync(settings));
            Assert.Contains("SIGHTPAY_PROVIDER=none", refused.Message);
        }
        await StartAsync(None);
        await StartAsync(Live);
    }

    private Task StartAsync(PaymentSettings settings) =>
        new KeepMoneyApart(_database.DataSource, settings).RunAsync(default);

    private async Task CreditAsync(string provider)
    {
        await using var command = _database.DataSource.CreateCommand(
            """
            with paid as (
                insert into payment (id, kind, person, payee, payee_account, method, amount_minor, currency, state,
                    captured_minor, refunded_minor, captures_later, version, created_at)
                values (gen_random_uuid(), 'top_up', gen_random_uuid(), $1, 'provider_clearing:' || $1, $1, 100, 'INR',
                    'captured', 100, 0, false, 1, now())
                returning id)
            insert into top_up (payment, provider) select id, $1 from paid
            """);
        command.Parameters.Add(new() { Value = provider });
        await command.ExecuteNonQueryAsync();
    }

    private static PaymentSettings With(string key) => new(InnerServer.Currency)
    {
        Provider = "stripe",
        Stripe = new StripeSettings(key, "pk", ["whsec"]) { ReturnUrl = new("http://localhost") },
    };
}
