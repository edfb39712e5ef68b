using FsCheck;
using FsCheck.Fluent;
using SightPay.Server.Payments;
using SightPay.Server.Payments.Sandbox;
using Xunit;

namespace SightPay.Server.Tests.Books;

/// <summary>
/// I14: whatever top-ups succeed, fail, are told twice, late or never, are taken back by a bank, or go back to their
/// card by wish or by somebody at the provider, the clearing account is what the provider has taken and kept, and
/// nobody's books differ.
/// </summary>
public sealed class ClearingPropertyTests
{
    private const int Refunded = 5;
    private const int RefundFails = 6;
    private const int RefundedElsewhere = 7;

    private readonly record struct Step(long Amount, int Then);

    /// <summary>A history in which everything happens once, in any order and with any amounts.</summary>
    private static readonly Gen<Step[]> Histories =
        from order in Gen.Shuffle(Enumerable.Range(0, RefundedElsewhere + 1).ToArray())
        from amounts in Gen.ArrayOf(
            Gen.Frequency((6, Gen.Choose(100, 9_100)), (1, Gen.Constant((int)SandboxProvider.DeclinedMinor))),
            order.Length)
        select order.Zip(amounts, (then, amount) => new Step(amount, then)).ToArray();

    [Fact]
    public async Task The_clearing_account_is_what_the_provider_took_after_any_history_of_top_ups()
    {
        await using var day = await BusyDay.StartAsync();
        foreach (var script in Histories.Sample(3, 3))
        {
            foreach (var step in script) await RunAsync(day, step);
            await Eventually.HoldsAsync(async () => await day.ScalarAsync(
                """
                select (select count(*) from payment where kind = 'top_up' and state in ('created', 'awaiting'))
                    + (select count(*) from top_up_refund where state in ('created', 'provider_pending'))
                """) == "0");
            Assert.Equal(
                await day.ScalarAsync(
                    """
                    select coalesce((select sum(amount_minor) from sandbox_refund where status = 'succeeded'), 0)
                        - sum(amount_minor) from sandbox_payment
                    where status = 'succeeded' and dispute is distinct from 'lost'
                    """),
                await day.ScalarAsync(
                    "select credits_posted - debits_posted from account where key = 'provider_clearing:sandbox'"));
            Assert.Empty(await day.DifferencesAsync());
        }
    }

    private static async Task RunAsync(BusyDay day, Step step)
    {
        var card = step.Then switch
        {
            3 => "card_disputed_lost", 4 => "card_disputed_won", RefundFails => "card_refund_fails", _ => "card_ok",
        };
        var made = await day.Asha.Http.WriteAsync("/wallet/top-ups", new
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
        if (step.Then >= Refunded && step.Amount != SandboxProvider.DeclinedMinor)
            await GiveBackAsync(day, (string)made["id"]!, step);
        // The provider's word comes again, however often: from the poller and beside it.
        var provider = day.Bed.Get<SandboxProvider>();
        var settle = day.Bed.Get<SettleTopUp>();
        var id = await day.ScalarAsync("select id from sandbox_payment order by created_at desc, id limit 1");
        var fetched = await provider.FetchAsync(id, default);
        var payment = Assert.IsType<ProviderCall<ProviderPayment?>.Succeeded>(fetched).Value!;
        await Task.WhenAll(Enumerable.Range(0, step.Then).Select(_ => settle.RunAsync(provider, payment, default)));
    }

    private static async Task GiveBackAsync(BusyDay day, string topUp, Step step)
    {
        await Eventually.HoldsAsync(async () => await day.ScalarAsync(
            $"select state from payment where id = '{topUp}'") == "captured");
        if (step.Then == RefundedElsewhere)
            await day.ExecuteAsync(
                $"""
                 insert into sandbox_refund (id, payment_id, amount_minor, status, created_at, decided_at)
                 select 're_' || id, id, {step.Amount / 2 + 1}, 'succeeded', now(), now()
                 from sandbox_payment where reference = '{topUp}'
                 """);
        else
            await day.Asha.Http.WriteAsync($"/wallet/top-ups/{topUp}/refunds", new
            {
                amount = new { amount_minor = step.Amount / 2 + 1, currency = "INR" },
            }).CreatedAsync();
        await Eventually.HoldsAsync(async () => await day.ScalarAsync("select count(*) from sandbox_refund r "
            + $"join sandbox_payment p on p.id = r.payment_id where p.reference = '{topUp}'") == "1");
        // The bank has decided, also where it takes its time.
        await day.ExecuteAsync("update sandbox_refund set decided_at = created_at");
    }
}
