using Xunit;

namespace SightPay.Ledger.Tests;

public sealed class HoldTests
{
    [Fact]
    public async Task A_hold_can_be_captured_in_its_own_chain_and_in_its_own_batch()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        var own = bed.Hold("ann", "shop", 100);
        (await bed.SubmitAsync(own, bed.Capture(own.Id, 40), bed.Post("ann", "shop", 60))).MustBe(ActEnd.Committed);

        await bed.SubmitAsync(bed.Post("provider", "ann", 100, TransferCode.TopUp));
        var shared = bed.Hold("ann", "shop", 100);
        var results = await Task.WhenAll(await bed.InOneBatchAsync(
            LedgerBed.ActOf(bed.NewId(), shared),
            LedgerBed.ActOf(bed.NewId(), bed.Capture(shared.Id, 30)),
            LedgerBed.ActOf(bed.NewId(), bed.Void(shared.Id)),
            LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 70))));
        Assert.Equal(
            [null, null, RefusalCode.HoldAlreadyCaptured, null], results.Select(result => result.RefusalCode));
        Assert.Equal(0, (await bed.AccountAsync("ann")).AvailableMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_refused_chain_leaves_its_hold_unmade_and_an_older_one_open()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        var older = bed.Hold("ann", "shop", 10);
        await bed.SubmitAsync(older);
        var made = bed.Hold("ann", "shop", 20);
        var refused = LedgerBed.ActOf(
            bed.NewId(), made, bed.Void(older.Id), bed.Capture(made.Id, 20), bed.Post("ann", "shop", 500));
        var results = await Task.WhenAll(await bed.InOneBatchAsync(
            refused,
            LedgerBed.ActOf(bed.NewId(), bed.Capture(made.Id, 20)),
            LedgerBed.ActOf(bed.NewId(), bed.Capture(older.Id, 10)),
            LedgerBed.ActOf(bed.NewId(), made)));
        Assert.Equal(
            [RefusalCode.InsufficientFunds, RefusalCode.HoldUnknown, null, null],
            results.Select(result => result.RefusalCode));
        Assert.Equal((20, 70), await bed.HeldAndAvailableAsync("ann"));
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task The_answer_to_a_capture_shows_the_accounts_of_its_hold()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        var hold = bed.Hold("ann", "shop", 60);
        await bed.SubmitAsync(hold);
        var plan = new Plan
        {
            Transfers = [bed.Capture(hold.Id, 0)],
            Compose = outcome => new Answer(200, $"{outcome.Account("ann").AvailableMinor} {outcome.At:O}"),
        };
        var result = await bed.Ledger.SubmitAsync(LedgerBed.ActOf(bed.NewId(), "free journey", [plan]), default);
        Assert.Equal($"100 {bed.Clock.GetUtcNow():O}", result.MustBe(ActEnd.Committed).Answer.Body);
    }

    [Fact]
    public async Task An_overdue_hold_frees_its_money_for_the_act_that_finds_it()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        var hold = bed.Hold("ann", "shop", 100, minutes: 5);
        await bed.SubmitAsync(hold);
        bed.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMicroseconds(1));
        (await bed.SubmitAsync(bed.Post("ann", "shop", 1))).MustBe(ActEnd.Refused, RefusalCode.InsufficientFunds);
        bed.Clock.Advance(TimeSpan.FromMicroseconds(1));
        (await bed.SubmitAsync(bed.Post("ann", "shop", 1))).MustBe(ActEnd.Committed);
        (await bed.SubmitAsync(bed.Capture(hold.Id, 1))).MustBe(ActEnd.Refused, RefusalCode.HoldExpired);

        var expiry = Assert.Single(
            await bed.Ledger.EntriesAsync("ann", null, 10, default), entry => entry.Kind == TransferKind.Expire);
        Assert.Equal((100, 0, TransferCode.Expiry), (expiry.AmountMinor, expiry.ChangeMinor, expiry.Code));
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task The_sweeper_expires_holds_while_nobody_acts()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        // More than one sweep takes.
        var many = Commit.GroupCommit.SweepMax + 40;
        (await bed.SubmitAsync([.. Enumerable.Range(0, many).Select(_ => bed.Hold("ann", "shop", 1))]))
            .MustBe(ActEnd.Committed);
        var late = bed.Hold("ann", "shop", 7, minutes: 60);
        await bed.SubmitAsync(late);
        bed.Clock.Advance(TimeSpan.FromMinutes(30));

        for (var i = 0; i < 100 && (await bed.AccountAsync("ann")).HeldMinor > 7; i++) await Task.Delay(100);

        Assert.Equal(7, (await bed.AccountAsync("ann")).HeldMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
        (await bed.SubmitAsync(bed.Capture(late.Id, 7))).MustBe(ActEnd.Committed);
        // What was swept is remembered, so that the next writer does not search the whole past.
        await bed.Ledger.DisposeAsync();
        Assert.True(await bed.ScalarAsync<bool>("select swept_until > '2026-01-01' from ledger_writer"));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_expires_nothing_early_and_never_tells_an_earlier_time()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        var noon = bed.Clock.GetUtcNow();
        bed.Clock.Advance(-TimeSpan.FromDays(1));
        var hold = bed.Hold("ann", "shop", 10, minutes: 5);
        await bed.SubmitAsync(hold);
        bed.Clock.Set(noon.AddMinutes(4));
        (await bed.SubmitAsync(bed.Capture(hold.Id, 10))).MustBe(ActEnd.Committed);
        Assert.True(await bed.ScalarAsync<bool>(
            "select bool_and(at >= before) from (select at, lag(at) over (order by seq) as before from transfer) t"));
    }

    [Theory]
    [InlineData(-24, null)]
    [InlineData(-1, null)]
    [InlineData(1, null)]
    [InlineData(24, RefusalCode.HoldExpired)]
    public async Task A_clock_that_jumps_ends_no_hold_before_its_time(int hours, string? refusal)
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 100));
        var (before, after) = (bed.Hold("ann", "shop", 10, minutes: 90), bed.Hold("ann", "shop", 10, minutes: 90));
        (await bed.SubmitAsync(before)).MustBe(ActEnd.Committed);
        bed.Clock.Advance(TimeSpan.FromHours(hours));
        (await bed.SubmitAsync(after)).MustBe(ActEnd.Committed);
        (await bed.SubmitAsync(bed.Capture(before.Id, 10)))
            .MustBe(refusal is null ? ActEnd.Committed : ActEnd.Refused, refusal);
        (await bed.SubmitAsync(bed.Capture(after.Id, 10))).MustBe(ActEnd.Committed);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task In_production_the_databases_clock_rules()
    {
        await using var bed = await LedgerBed.CreateAsync(databaseClock: true);
        await bed.OpenShopAsync(("ann", 100));
        var brief = Transfer.Hold(
            bed.NewId(), "ann", "shop", 10, TransferCode.Fare, TimeSpan.FromMilliseconds(50));
        var longer = bed.Hold("ann", "shop", 10);
        (await bed.SubmitAsync(brief, longer)).MustBe(ActEnd.Committed);
        await Task.Delay(100);
        (await bed.SubmitAsync(bed.Capture(brief.Id, 10))).MustBe(ActEnd.Refused, RefusalCode.HoldExpired);
        (await bed.SubmitAsync(bed.Capture(longer.Id, 10))).MustBe(ActEnd.Committed);
        Assert.True(await bed.ScalarAsync<bool>(
            "select bool_and(abs(extract(epoch from at - clock_timestamp())) < 60) from transfer"));
    }
}
