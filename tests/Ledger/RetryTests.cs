using Xunit;

namespace SightPay.Ledger.Tests;

public sealed class RetryTests
{
    [Fact]
    public async Task Fifty_concurrent_equal_submits_have_one_effect_and_one_answer()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        var act = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 300));

        var results = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => Task.Run(() => bed.Ledger.SubmitAsync(act, default))));

        Assert.All(results, result => Assert.Equal(new Answer(200, "700"), result.MustBe(ActEnd.Committed).Answer));
        Assert.Single(results, result => !result.Replayed);
        Assert.Equal(700, (await bed.AccountAsync("ann")).BalanceMinor);
        Assert.Equal(2, await bed.ScalarAsync<long>("select count(*) from transfer"));
    }

    [Fact]
    public async Task The_same_id_with_another_body_is_told_so_and_changes_nothing()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        var id = bed.NewId();
        var first = LedgerBed.ActOf(id, "pay 300", [LedgerBed.PlanOf(bed.Post("ann", "shop", 300))]);
        var other = LedgerBed.ActOf(id, "pay 400", [LedgerBed.PlanOf(bed.Post("ann", "shop", 400))]);

        var results = await Task.WhenAll(await bed.InOneBatchAsync(first, other, first));
        Assert.Equal([ActEnd.Committed, ActEnd.OtherBody, ActEnd.Committed], results.Select(result => result.End));
        Assert.Equal([false, false, true], results.Select(result => result.Replayed));
        (await bed.Ledger.SubmitAsync(other, default)).MustBe(ActEnd.OtherBody);
        Assert.Equal(ActEnd.OtherBody, (await bed.Ledger.FindAsync(id, other.Fingerprint, default))!.End);
        Assert.Equal(700, (await bed.AccountAsync("ann")).BalanceMinor);
    }

    [Fact]
    public async Task A_refusal_sticks_after_a_top_up_and_a_new_id_goes_through()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 10));
        var poor = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 300));
        (await bed.Ledger.SubmitAsync(poor, default)).MustBe(ActEnd.Refused, RefusalCode.InsufficientFunds);

        await bed.SubmitAsync(bed.Post("provider", "ann", 1000, TransferCode.TopUp));
        var again = await bed.Ledger.SubmitAsync(poor, default);

        Assert.True(again.MustBe(ActEnd.Refused, RefusalCode.InsufficientFunds).Replayed);
        Assert.Equal(ActEnd.Refused, (await bed.Ledger.FindAsync(poor.Id, poor.Fingerprint, default))!.End);
        (await bed.SubmitAsync(bed.Post("ann", "shop", 300))).MustBe(ActEnd.Committed);
    }

    [Fact]
    public async Task A_reopened_ledger_remembers_every_answer_and_goes_on_counting()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        var act = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 300));
        await bed.Ledger.SubmitAsync(act, default);
        await bed.Ledger.DisposeAsync();

        await using var second = await bed.OpenSecondAsync();
        Assert.Equal(new Answer(200, "700"), (await second.SubmitAsync(act, default)).Answer);
        (await second.SubmitAsync(LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 1)), default))
            .MustBe(ActEnd.Committed);
        Assert.Equal(3, await bed.ScalarAsync<long>("select max(seq) from transfer"));
        Assert.Empty(await second.AuditAsync(default));
    }

    [Fact]
    public async Task An_unknown_account_sticks_although_it_is_opened_later()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        var act = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "kiosk", 5));
        (await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Refused, RefusalCode.AccountUnknown);
        await bed.OpenAsync("INR", AccountKind.Payable, "kiosk");
        (await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Refused, RefusalCode.AccountUnknown);
        (await bed.SubmitAsync(bed.Post("ann", "kiosk", 5))).MustBe(ActEnd.Committed);
    }
}
