using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>Refunds and chargebacks (I10), and debts that the writer itself measures.</summary>
public sealed class TakingBackTests
{
    [Fact]
    public async Task Refunds_at_once_and_in_one_batch_never_exceed_what_was_taken()
    {
        await using var bed = await BedAsync(ann: 1000);
        var taken = bed.Post("ann", "shop", 100);
        var acts = Enumerable.Range(0, 50).Select(_ => LedgerBed.ActOf(bed.NewId(), bed.Refund(taken.Id, 30)));
        // The payment and its refunds meet in one batch.
        var results = await Task.WhenAll(await bed.InOneBatchAsync([LedgerBed.ActOf(bed.NewId(), taken), .. acts]));
        Assert.Equal(3, results[1..].Count(result => result.End == ActEnd.Committed));
        Assert.All(
            results[1..].Where(result => result.End != ActEnd.Committed),
            result => result.MustBe(ActEnd.Refused, RefusalCode.RefundAboveCaptured));
        Assert.Equal(990, (await bed.AccountAsync("ann")).AvailableMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_refused_chain_takes_its_refund_back_too()
    {
        await using var bed = await BedAsync(ann: 100);
        var taken = bed.Post("ann", "shop", 100);
        var results = await Task.WhenAll(await bed.InOneBatchAsync(
            LedgerBed.ActOf(bed.NewId(), taken),
            LedgerBed.ActOf(bed.NewId(), bed.Refund(taken.Id, 100), bed.Post("ann", "shop", 500)),
            LedgerBed.ActOf(bed.NewId(), bed.Refund(taken.Id, 100))));
        Assert.Equal(
            [null, RefusalCode.InsufficientFunds, null], results.Select(result => result.RefusalCode));
    }

    [Fact]
    public async Task What_was_added_can_be_refunded_and_what_did_not_stay_back_leaves_room_again()
    {
        await using var bed = await BedAsync(ann: 1000);
        var hold = bed.Hold("ann", "shop", 100);
        var capture = bed.Capture(hold.Id, 100);
        await bed.SubmitAsync(
            hold, capture, bed.Post("ann", "shop", 15, TransferCode.OverCapture) with { RefId = capture.Id });
        (await bed.SubmitAsync(bed.Refund(capture.Id, 116))).MustBe(ActEnd.Refused, RefusalCode.RefundAboveCaptured);
        (await bed.SubmitAsync(bed.Refund(capture.Id, 115, TransferCode.Chargeback))).MustBe(ActEnd.Committed);
        (await bed.SubmitAsync(bed.Refund(capture.Id, 1))).MustBe(ActEnd.Refused, RefusalCode.RefundAboveCaptured);
        var won = bed.Post("ann", "shop", 115, TransferCode.ChargebackWon) with { RefId = capture.Id };
        (await bed.SubmitAsync(won)).MustBe(ActEnd.Committed);
        (await bed.SubmitAsync(bed.Refund(capture.Id, 115))).MustBe(ActEnd.Committed);
        var failed = bed.Post("ann", "shop", 115, TransferCode.RefundFailed) with { RefId = capture.Id };
        (await bed.SubmitAsync(failed)).MustBe(ActEnd.Committed);
        (await bed.SubmitAsync(bed.Refund(capture.Id, 116))).MustBe(ActEnd.Refused, RefusalCode.RefundAboveCaptured);
        (await bed.SubmitAsync(bed.Refund(capture.Id, 115))).MustBe(ActEnd.Committed);
        Assert.Equal(1000, (await bed.AccountAsync("ann")).AvailableMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Theory]
    [InlineData(TransferCode.OverCapture)]
    [InlineData(TransferCode.ChargebackWon)]
    [InlineData(TransferCode.RefundFailed)]
    public async Task Nothing_is_added_to_what_nobody_took(TransferCode code)
    {
        await using var bed = await BedAsync(ann: 1000);
        var nothing = bed.NewId();
        // In one batch or in two, there is nothing to give back.
        var results = await Task.WhenAll(await bed.InOneBatchAsync(
            LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 100, code) with { RefId = nothing }),
            LedgerBed.ActOf(bed.NewId(), bed.Refund(nothing, 100))));
        Assert.All(results, result => result.MustBe(ActEnd.Refused, RefusalCode.RefundAboveCaptured));
        (await bed.SubmitAsync(bed.Refund(nothing, 100))).MustBe(ActEnd.Refused, RefusalCode.RefundAboveCaptured);
        Assert.Equal(1000, (await bed.AccountAsync("ann")).AvailableMinor);
    }

    [Theory]
    [InlineData(1000, 300, 300, 0)]
    [InlineData(120, 300, 120, 180)]
    [InlineData(0, 300, 0, 300)]
    public async Task What_a_wallet_lacks_is_owed_whatever_else_happens_in_the_batch(
        long wallet, long due, long paid, long owed)
    {
        await using var bed = await BedAsync(wallet + 50);
        var upTo = Transfer.PostUpTo(bed.NewId(), "ann", "provider", due, TransferCode.Chargeback);
        var rest = Transfer.PostRest(bed.NewId(), "owed", "provider", upTo);
        var plan = new Plan
        {
            Transfers = [upTo, rest],
            Compose = outcome => new Answer(200, $"{outcome.MovedMinor(upTo.Id)} {outcome.MovedMinor(rest.Id)}"),
        };
        // Planned before ann spends; decided after.
        var results = await Task.WhenAll(await bed.InOneBatchAsync(
            LedgerBed.ActOf(bed.NewId(), bed.Post("ann", "shop", 50)),
            LedgerBed.ActOf(bed.NewId(), "chargeback", [plan])));
        Assert.Equal($"{paid} {owed}", results[1].MustBe(ActEnd.Committed).Answer.Body);
        Assert.Equal(wallet - paid, (await bed.AccountAsync("ann")).AvailableMinor);
        Assert.Equal(-owed, (await bed.AccountAsync("owed")).BalanceMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_top_up_pays_a_debt_first_and_never_more_than_is_owed()
    {
        await using var bed = await BedAsync(ann: 0);
        await bed.SubmitAsync(bed.Post("owed", "shop", 70, TransferCode.LateCapture));
        foreach (var (topUp, left) in new[] { (50L, 0L), (50L, 30L), (50L, 80L) })
        {
            (await bed.SubmitAsync(
                bed.Post("provider", "ann", topUp, TransferCode.TopUp),
                Transfer.PostUpTo(bed.NewId(), "ann", "owed", topUp, TransferCode.DebtCollect)))
                .MustBe(ActEnd.Committed);
            Assert.Equal(left, (await bed.AccountAsync("ann")).AvailableMinor);
        }
        Assert.Equal(0, (await bed.AccountAsync("owed")).BalanceMinor);
    }

    [Fact]
    public void A_rest_without_what_it_is_left_over_from_is_a_bug_of_its_slice()
    {
        var upTo = Transfer.PostUpTo(Guid.CreateVersion7(), "ann", "shop", 5, TransferCode.Purchase);
        var rest = Transfer.PostRest(Guid.CreateVersion7(), "owed", "shop", upTo);
        foreach (var chain in (Transfer[][])[[rest], [rest, upTo]])
            Assert.Throws<ArgumentException>(
                () => ActShape.Check(LedgerBed.ActOf(Guid.CreateVersion7(), chain), new Commit.CompanionRegistry([])));
    }

    private static async Task<LedgerBed> BedAsync(long ann)
    {
        var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", ann));
        await bed.OpenAsync("INR", AccountKind.Receivable, "owed");
        return bed;
    }
}
