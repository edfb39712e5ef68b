using FsCheck;
using FsCheck.Fluent;
using SightPay.Server.Payments;
using SightPay.Server.Payments.Sandbox;
using Xunit;

namespace SightPay.Server.Tests.Books;

/// <summary>
/// I14: whatever top-ups succeed, fail, are told twice, late or never, or are taken back by a bank, the clearing
/// account is what the provider has taken and kept, and nobody's books differ.
/// </summary>
public sealed class ClearingPropertyTests
{
    private readonly record struct Step(long Amount, int Then);

    private static readonly Gen<Step> Steps = ArbMap.Default.GeneratorFor<ulong>().Select(seed => new Step(
        seed % 7 == 0 ? SandboxProvider.DeclinedMinor : (long)(seed / 7 % 9_000) + 100, (int)(seed / 70_000 % 5)));

    [Fact]
    public async Task The_clearing_account_is_what_the_provider_took_after_any_history_of_top_ups()
    {
        await using var day = await BusyDay.StartAsync();
        foreach (var script in Steps.ListOf(8).Sample(3, 3))
        {
            foreach (var step in script) await RunAsync(day, step);
            await Eventually.HoldsAsync(async () => await day.ScalarAsync(
                "select count(*) from top_up where state in ('created', 'provider_pending')") == "0");
            Assert.Equal(
                await day.ScalarAsync(
                    """
                    select -sum(amount_minor) from sandbox_payment
                    where status = 'succeeded' and dispute is distinct from 'lost'
                    """),
                await day.ScalarAsync(
                    "select credits_posted - debits_posted from account where key = 'provider_clearing:sandbox'"));
            Assert.Empty(await day.DifferencesAsync());
        }
    }

    private static async Task RunAsync(BusyDay day, Step step)
    {
        var card = step.Then switch { 3 => "card_disputed_lost", 4 => "card_disputed_won", _ => "card_ok" };
        await day.Asha.Http.WriteAsync("/wallet/top-ups", new
        {
            amount_minor = step.Amount, currency = "INR", method = new { type = "card", token = card },
        }).CreatedAsync();
        // The bank's minute is over.
        await day.ExecuteAsync(
            """
            update sandbox_payment set disputed_at = created_at, dispute_decided_at = created_at
            where disputed_at is not null
            """);
        if (step.Then == 0) return;
        // The provider's word comes again, however often: from the poller and beside it.
        var provider = day.Bed.Get<SandboxProvider>();
        var settle = day.Bed.Get<SettleTopUp>();
        var id = await day.ScalarAsync("select id from sandbox_payment order by created_at desc, id limit 1");
        var fetched = await provider.FetchAsync(id, default);
        var payment = Assert.IsType<ProviderCall<ProviderPayment?>.Succeeded>(fetched).Value!;
        await Task.WhenAll(Enumerable.Range(0, step.Then).Select(_ => settle.RunAsync(provider, payment, default)));
    }
}
