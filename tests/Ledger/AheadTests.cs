using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>
/// A group is decided on what the commit under way will leave. It must see all of that, and none of it when the commit
/// comes to nothing.
/// </summary>
public sealed class AheadTests
{
    [Fact]
    public async Task Money_that_is_being_committed_can_be_spent()
    {
        await using var bed = await ShopAsync();
        await using var commit = await HeldCommit.OfAsync(bed, ActOf(bed, bed.Post("ann", "bob", 100)));
        var spent = await commit.PrepareAsync(ActOf(bed, bed.Post("bob", "shop", 100)));
        Assert.False(spent.IsCompleted, "Its money is not stored yet.");
        commit.Go();

        (await commit.First).MustBe(ActEnd.Committed);
        (await spent).MustBe(ActEnd.Committed);
        Assert.Equal(0, (await bed.AccountAsync("bob")).BalanceMinor);
        Assert.Equal(100, (await bed.AccountAsync("shop")).BalanceMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task Money_whose_commit_comes_to_nothing_is_not_spent()
    {
        await using var bed = await ShopAsync(new TallyTable());
        await bed.ExecuteAsync("create table tally (key text primary key, count int not null check (count < 3))");
        await using var commit = await HeldCommit.OfAsync(
            bed, ActOf(bed, [new TallyRow("key", 4)], bed.Post("ann", "bob", 100)));
        var spent = await commit.PrepareAsync(ActOf(bed, bed.Post("bob", "shop", 100)));
        commit.Go();

        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => commit.First);
        (await spent).MustBe(ActEnd.Refused, RefusalCode.InsufficientFunds);
        Assert.Equal(1000, (await bed.AccountAsync("ann")).BalanceMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_lost_connection_takes_nothing_from_what_was_decided_ahead()
    {
        await using var bed = await ShopAsync();
        await using var commit = await HeldCommit.OfAsync(bed, ActOf(bed, bed.Post("ann", "bob", 100)));
        var spent = await commit.PrepareAsync(ActOf(bed, bed.Post("bob", "shop", 100)));
        await bed.KillWriterAsync();
        commit.Go();

        Assert.False((await commit.First).MustBe(ActEnd.Committed).Replayed);
        Assert.False((await spent).MustBe(ActEnd.Committed).Replayed);
        Assert.Equal(100, (await bed.AccountAsync("shop")).BalanceMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task The_same_act_again_is_the_same_answer_and_another_body_is_told_apart()
    {
        await using var bed = await ShopAsync();
        var act = ActOf(bed, bed.Post("ann", "shop", 100));
        await using var commit = await HeldCommit.OfAsync(bed, act);
        var again = await commit.PrepareAsync(act);
        var other = bed.Ledger.SubmitAsync(
            LedgerBed.ActOf(act.Id, "another body", [LedgerBed.PlanOf(bed.Post("ann", "shop", 1))]), default);
        commit.Go();

        var first = (await commit.First).MustBe(ActEnd.Committed);
        Assert.True((await again).MustBe(ActEnd.Committed).Replayed);
        Assert.Equal(first.Answer, (await again).Answer);
        Assert.Equal(ActEnd.OtherBody, (await other).End);
        Assert.Equal(100, (await bed.AccountAsync("shop")).BalanceMinor);
    }

    [Fact]
    public async Task A_hold_that_is_being_committed_is_captured_once()
    {
        await using var bed = await ShopAsync();
        var hold = bed.Hold("ann", "shop", 100);
        await using var commit = await HeldCommit.OfAsync(bed, ActOf(bed, hold));
        var captured = await commit.PrepareAsync(ActOf(bed, bed.Capture(hold.Id, 60)));
        var again = bed.Ledger.SubmitAsync(ActOf(bed, bed.Capture(hold.Id, 40)), default);
        commit.Go();

        (await captured).MustBe(ActEnd.Committed);
        (await again).MustBe(ActEnd.Refused, RefusalCode.HoldAlreadyCaptured);
        Assert.Equal(60, (await bed.AccountAsync("shop")).BalanceMinor);
        Assert.Equal((0, 940), await bed.HeldAndAvailableAsync("ann"));
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_hold_that_falls_due_while_it_is_being_committed_is_freed_by_the_next_group()
    {
        await using var bed = await ShopAsync();
        await using var commit = await HeldCommit.OfAsync(bed, ActOf(bed, bed.Hold("ann", "shop", 1000, minutes: 1)));
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        var spent = await commit.PrepareAsync(ActOf(bed, bed.Post("ann", "shop", 1000)));
        commit.Go();

        (await spent).MustBe(ActEnd.Committed);
        Assert.Equal((0, 0), await bed.HeldAndAvailableAsync("ann"));
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_purchase_that_is_being_committed_is_refunded_up_to_its_amount()
    {
        await using var bed = await ShopAsync();
        var purchase = bed.Post("ann", "shop", 100);
        await using var commit = await HeldCommit.OfAsync(bed, ActOf(bed, purchase));
        var refunded = await commit.PrepareAsync(ActOf(bed, bed.Refund(purchase.Id, 70)));
        var tooMuch = bed.Ledger.SubmitAsync(ActOf(bed, bed.Refund(purchase.Id, 31)), default);
        commit.Go();

        (await refunded).MustBe(ActEnd.Committed);
        Assert.Equal(ActEnd.Refused, (await tooMuch).End);
        Assert.Equal(30, (await bed.AccountAsync("shop")).BalanceMinor);
    }

    [Fact]
    public async Task An_account_that_is_closed_after_it_was_loaded_gets_no_money()
    {
        await using var bed = await ShopAsync();
        await using var commit = await HeldCommit.OfAsync(bed, ActOf(bed, bed.Post("ann", "bob", 100)));
        await using (var connection = await bed.Source.OpenConnectionAsync())
            Assert.True(await GeneralLedger.CloseAccountAsync(connection, null, "bob", default));
        commit.Go();

        (await commit.First).MustBe(ActEnd.Refused, RefusalCode.AccountClosed);
        Assert.Equal(1000, (await bed.AccountAsync("ann")).BalanceMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_closed_account_is_told_from_an_empty_one_whose_counters_are_remembered()
    {
        await using var bed = await ShopAsync();
        (await bed.SubmitAsync(bed.Post("ann", "bob", 100))).MustBe(ActEnd.Committed);
        (await bed.SubmitAsync(bed.Post("bob", "shop", 100))).MustBe(ActEnd.Committed);
        (await bed.SubmitAsync(bed.Post("bob", "shop", 1))).MustBe(ActEnd.Refused, RefusalCode.InsufficientFunds);
        await using (var connection = await bed.Source.OpenConnectionAsync())
            Assert.True(await GeneralLedger.CloseAccountAsync(connection, null, "bob", default));
        (await bed.SubmitAsync(bed.Post("bob", "shop", 1))).MustBe(ActEnd.Refused, RefusalCode.AccountClosed);
    }

    [Fact]
    public async Task Counters_that_somebody_changed_are_never_written_over_from_memory()
    {
        await using var bed = await ShopAsync();
        (await bed.SubmitAsync(bed.Post("ann", "shop", 1))).MustBe(ActEnd.Committed);
        await bed.ExecuteAsync("update account set credits_posted = credits_posted + 5 where key = 'shop'");
        (await bed.SubmitAsync(bed.Post("ann", "shop", 1))).MustBe(ActEnd.Committed);

        Assert.Equal(7, (await bed.AccountAsync("shop")).BalanceMinor);
        Assert.NotEmpty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_writer_whose_epoch_has_passed_since_it_loaded_writes_nothing()
    {
        await using var bed = await ShopAsync();
        await using var commit = await HeldCommit.OfAsync(bed, ActOf(bed, bed.Post("ann", "shop", 100)));
        await bed.ExecuteAsync("update ledger_writer set epoch = epoch + 1");
        commit.Go();

        // Fenced, it takes the lock again, which is free, and decides anew.
        Assert.False((await commit.First).MustBe(ActEnd.Committed).Replayed);
        Assert.Equal(100, (await bed.AccountAsync("shop")).BalanceMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task Connections_that_are_all_lost_again_and_again_lose_and_double_nothing()
    {
        await using var bed = await ShopAsync();
        await bed.SubmitAsync(bed.Post("provider", "ann", 1_000_000, TransferCode.TopUp));
        var acts = bed.Payments(1000);
        var done = 0;
        await Parallel.ForEachAsync(acts, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (act, ct) =>
        {
            // Both connections, and then the reading one alone, while the others go on.
            var place = Interlocked.Increment(ref done);
            if (place % 50 == 0) await bed.KillAsync(bed.Ledger.Writer.ProcessIds.Skip(place / 50 % 2));
            while (!await bed.IsCommittedAsync(act)) await Task.Delay(5, ct);
        });
        await bed.AssertEachOnceAsync(acts.Length);
    }

    private static async Task<LedgerBed> ShopAsync(params ICompanionWriter[] companions)
    {
        var bed = await LedgerBed.CreateAsync(companions);
        await bed.OpenShopAsync(("ann", 1000), ("bob", 0));
        return bed;
    }

    private static Act ActOf(LedgerBed bed, params Transfer[] chain) => LedgerBed.ActOf(bed.NewId(), chain);

    private static Act ActOf(LedgerBed bed, IReadOnlyList<CompanionRow> rows, params Transfer[] chain) =>
        LedgerBed.ActOf(
            bed.NewId(), "body", [new Plan { Transfers = chain, Rows = rows, Compose = _ => new Answer(200, "") }]);
}
