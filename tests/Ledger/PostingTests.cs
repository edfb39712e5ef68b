using Xunit;

namespace SightPay.Ledger.Tests;

public sealed class PostingTests
{
    [Fact]
    public async Task Money_moves_and_a_replay_gives_the_first_answer()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        var act = LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 300));

        var first = await bed.Ledger.SubmitAsync(act, default);
        var second = await bed.Ledger.SubmitAsync(act, default);
        var found = await bed.Ledger.FindAsync(act.Id, act.Fingerprint, default);

        Assert.Equal(new ActResult(ActEnd.Committed, new Answer(200, "700"), null, false), first);
        Assert.Equal(first with { Replayed = true }, second);
        Assert.Equal(first with { Replayed = true }, found);
        Assert.Equal(700, (await bed.AccountAsync("ann")).AvailableMinor);
        Assert.Equal(300, (await bed.AccountAsync("shop")).BalanceMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_hold_sets_money_aside_and_its_capture_frees_the_remainder()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        var hold = bed.Hold("ann", "shop", 800);

        (await bed.SubmitAsync(hold)).MustBe(ActEnd.Committed);
        Assert.Equal((800, 200), await bed.HeldAndAvailableAsync("ann"));
        (await bed.SubmitAsync(bed.Capture(hold.Id, 500))).MustBe(ActEnd.Committed);

        Assert.Equal((0, 500), await bed.HeldAndAvailableAsync("ann"));
        Assert.Equal(500, (await bed.AccountAsync("shop")).BalanceMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task An_account_closes_only_when_it_is_empty_and_then_takes_nothing_more()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        await using var connection = await bed.Source.OpenConnectionAsync();
        Task<bool> CloseAsync(string key) => GeneralLedger.CloseAccountAsync(connection, null, key, default);

        Assert.False(await CloseAsync("ann"));
        Assert.False(await CloseAsync("nobody"));
        await bed.OpenAsync("INR", AccountKind.Wallet, "bob");
        Assert.True(await CloseAsync("bob"));
        (await bed.SubmitAsync(bed.Post("ann", "bob", 1))).MustBe(ActEnd.Refused, RefusalCode.AccountClosed);
        Assert.True((await bed.AccountAsync("bob")).Closed);
    }

    [Fact]
    public async Task Opening_an_account_again_changes_nothing()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        var before = await bed.MoneyStateAsync();
        await bed.OpenAsync("EUR", AccountKind.Payable, "ann");
        Assert.Equal(before, await bed.MoneyStateAsync());
    }

    [Fact]
    public async Task Entries_are_newest_first_and_page_by_their_place_in_the_ledger()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        var hold = bed.Hold("ann", "shop", 50);
        await bed.SubmitAsync(hold);
        await bed.SubmitAsync(bed.Capture(hold.Id, 20));
        await bed.SubmitAsync(bed.Post("shop", "ann", 5));

        var entries = await bed.Ledger.EntriesAsync("ann", null, 10, default);
        Assert.Equal([4, 3, 2, 1], entries.Select(entry => entry.Seq));
        Assert.Equal([5, -20, 0, 1000], entries.Select(entry => entry.ChangeMinor));
        var page = await bed.Ledger.EntriesAsync("ann", 3, 1, default);
        Assert.Equal(2, Assert.Single(page).Seq);
        Assert.Empty(await bed.Ledger.EntriesAsync("nobody", null, 10, default));
    }
}
