using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace SightPay.Ledger.Tests;

/// <summary>What an account held at any moment is known for ever, and counters can be derived anew from it.</summary>
public sealed class HistoryTests
{
    private readonly record struct Step(int Kind, long Amount, int Seconds);

    private static readonly Gen<Step> Steps =
        from kind in Gen.Choose(0, 4)
        from amount in Gen.Choose(1, 400)
        from seconds in Gen.Choose(1, 100)
        select new Step(kind, amount, seconds);

    /// <summary>I15: time travel gives what the account held then. I3: wrecked counters come back.</summary>
    [Fact]
    public async Task Any_history_can_be_looked_back_on_and_counted_again()
    {
        foreach (var script in Steps.ListOf(40).Sample(5, 5)) await RunAsync([.. script]);
    }

    [Fact]
    public async Task A_period_ends_behind_the_newest_transfer_and_its_days_and_entries_add_up()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        bed.Clock.Advance(TimeSpan.FromDays(1));
        var began = bed.Clock.GetUtcNow();
        await bed.SubmitAsync(bed.Post("ann", "shop", 300));
        await bed.SubmitAsync(bed.Hold("ann", "shop", 100));
        bed.Clock.Advance(TimeSpan.FromDays(1));
        await bed.SubmitAsync(bed.Post("shop", "ann", 50, TransferCode.Correction));
        var period = (await bed.Ledger.PeriodAsync("ann", began, DateTimeOffset.MaxValue, default))!;
        Assert.Equal((1000, 750, bed.Clock.GetUtcNow().AddMicroseconds(1)),
            (period.OpeningMinor, period.ClosingMinor, period.To));
        var entries = new List<long>();
        await foreach (var entry in bed.Ledger.EntriesAsync(period, default)) entries.Add(entry.ChangeMinor);
        Assert.Equal([-300, 0, 0, 50], entries);
        var days = new List<(TransferCode, long, long)>();
        await foreach (var day in bed.Ledger.DaysAsync(period, default))
            days.Add((day.Code, day.DebitsMinor, day.CreditsMinor));
        Assert.Equal([(TransferCode.Purchase, 300, 0), (TransferCode.Correction, 0, 50)], days);
        Assert.Null(await bed.Ledger.PeriodAsync("nobody", began, DateTimeOffset.MaxValue, default));
        Assert.Null(await bed.Ledger.BalanceAtAsync("nobody", began, default));
        var before = (await bed.Ledger.PeriodAsync("ann", began.AddYears(-1), began, default))!;
        Assert.Equal((0, 1000), (before.OpeningMinor, before.ClosingMinor));
    }

    [Fact]
    public async Task Counters_are_not_rebuilt_while_a_writer_writes_and_a_rebuild_that_is_not_recorded_is_none()
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1000));
        await bed.ExecuteAsync("update account set credits_posted = 1 where key = 'shop'");
        await Assert.ThrowsAsync<LedgerInUseException>(
            () => GeneralLedger.RebuildAsync(bed.Source, (_, _) => Task.CompletedTask, default));
        await bed.Ledger.DisposeAsync();
        await Assert.ThrowsAsync<InvalidDataException>(() => GeneralLedger.RebuildAsync(
            bed.Source, (_, _) => throw new InvalidDataException(), default));
        var found = Assert.Single(await GeneralLedger.FindWrongCountersAsync(bed.Source, default));
        Assert.Equal(("shop", 1, 0), (found.Key, found.Stored.CreditsPosted, found.Folded.CreditsPosted));
        Assert.Equal([found], await GeneralLedger.RebuildAsync(bed.Source, (_, _) => Task.CompletedTask, default));
        Assert.Empty(await GeneralLedger.FindWrongCountersAsync(bed.Source, default));
    }

    private static async Task RunAsync(IReadOnlyList<Step> script)
    {
        await using var bed = await LedgerBed.CreateAsync();
        await bed.OpenShopAsync(("ann", 1500));
        var holds = new Queue<(Guid Id, long Amount)>();
        var seen = new List<(DateTimeOffset At, long Ann, long Shop)>();
        foreach (var step in script)
        {
            bed.Clock.Advance(TimeSpan.FromSeconds(step.Seconds));
            await bed.SubmitAsync(Transfer(bed, step, holds));
            bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
            seen.Add((bed.Clock.GetUtcNow(), (await bed.AccountAsync("ann")).BalanceMinor,
                (await bed.AccountAsync("shop")).BalanceMinor));
        }
        foreach (var (at, ann, shop) in seen)
        {
            Assert.Equal(ann, await bed.Ledger.BalanceAtAsync("ann", at, default));
            Assert.Equal(shop, await bed.Ledger.BalanceAtAsync("shop", at, default));
        }
        await bed.Ledger.DisposeAsync();
        var before = await bed.MoneyStateAsync();
        await bed.ExecuteAsync(
            """
            update account set debits_pending = 0, credits_pending = credits_pending + 3,
                debits_posted = debits_posted + 1, credits_posted = credits_posted * 2 + 10
            """);
        Assert.Equal(3, (await GeneralLedger.RebuildAsync(bed.Source, (_, _) => Task.CompletedTask, default)).Count);
        Assert.Equal(before, await bed.MoneyStateAsync());
        Assert.Empty(await GeneralLedger.AuditAsync(bed.Source, default));
    }

    /// <summary>Some of them are refused for funds or because the hold is over: they leave no trace to look back on.
    /// </summary>
    private static Transfer Transfer(LedgerBed bed, Step step, Queue<(Guid Id, long Amount)> holds)
    {
        switch (step.Kind)
        {
            case 0:
                return bed.Post("provider", "ann", step.Amount, TransferCode.TopUp);
            case 1 or 2:
                var hold = bed.Hold("ann", "shop", step.Amount, minutes: 1);
                holds.Enqueue((hold.Id, step.Amount));
                return hold;
            case 3 when holds.TryDequeue(out var held):
                return bed.Capture(held.Id, held.Amount / 2);
            default:
                return bed.Post("ann", "shop", step.Amount);
        }
    }
}
