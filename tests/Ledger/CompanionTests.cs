using Npgsql;
using Xunit;

namespace SightPay.Ledger.Tests;

public sealed class CompanionTests
{
    [Fact]
    public async Task Guards_see_what_earlier_acts_of_the_same_batch_did()
    {
        await using var bed = await SeatsAsync(new SeatWriter());
        var acts = Enumerable.Range(0, 5).Select(i => SeatAct(bed, seat: 1, version: 0, $"taker{i}")).ToArray();

        var results = await Task.WhenAll(await bed.InOneBatchAsync(acts));

        Assert.Equal(
            [ActEnd.Committed, ActEnd.Stale, ActEnd.Stale, ActEnd.Stale, ActEnd.Stale], results.Select(r => r.End));
        Assert.Equal("taker0", await bed.ScalarAsync<string>("select taker from seat where id = 1"));
        Assert.Equal(990, (await bed.AccountAsync("ann")).AvailableMinor);
        // Two acts that follow each other in one batch are both right.
        var chain = await Task.WhenAll(await bed.InOneBatchAsync(
            SeatAct(bed, 1, 1, "first"), SeatAct(bed, 1, 2, "second")));
        Assert.All(chain, result => result.MustBe(ActEnd.Committed));
        Assert.Equal(3, await bed.ScalarAsync<int>("select version from seat where id = 1"));
    }

    [Fact]
    public async Task A_stale_guard_records_nothing_and_the_same_id_may_plan_again()
    {
        await using var bed = await SeatsAsync(new SeatWriter());
        var id = bed.NewId();
        Act Taking(int version) => LedgerBed.ActOf(id, "body", [SeatPlan(bed, 1, version, "ann")]);

        (await bed.Ledger.SubmitAsync(Taking(7), default)).MustBe(ActEnd.Stale);
        Assert.Null(await bed.Ledger.FindAsync(id, Taking(7).Fingerprint, default));
        (await bed.Ledger.SubmitAsync(Taking(0), default)).MustBe(ActEnd.Committed);
        Assert.True((await bed.Ledger.SubmitAsync(Taking(0), default)).Replayed);
    }

    [Fact]
    public async Task A_refusing_guard_comes_before_the_limits_and_sticks()
    {
        await using var bed = await SeatsAsync(new SeatWriter());
        var act = LedgerBed.ActOf(bed.NewId(), "body", [SeatPlan(bed, seat: 9999, 0, "ann", amountMinor: 1_000_000)]);
        (await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Refused, "seat_unknown");
        await bed.ExecuteAsync("insert into seat values (9999, 0, '')");
        Assert.True((await bed.Ledger.SubmitAsync(act, default)).MustBe(ActEnd.Refused, "seat_unknown").Replayed);
    }

    [Fact]
    public async Task A_later_plan_takes_over_only_from_the_refusal_it_names()
    {
        await using var bed = await SeatsAsync(new SeatWriter());
        await bed.OpenAsync("INR", AccountKind.Receivable, "debt");
        Plan Fallback(string after) => new()
        {
            After = after,
            Transfers = [bed.Post("debt", "shop", 5000)],
            Rows = [new SeatRow(2, 0, "debtor")],
            Compose = outcome => new Answer(202, $"owes {outcome.Account("debt").DebitsPosted}"),
        };

        var paid = await bed.Ledger.SubmitAsync(LedgerBed.ActOf(bed.NewId(), "body",
            [SeatPlan(bed, 1, 0, "ann", 5000), Fallback("seat_unknown"), Fallback(RefusalCode.InsufficientFunds)]),
            default);
        Assert.Equal(new Answer(202, "owes 5000"), paid.MustBe(ActEnd.Committed).Answer);
        Assert.Equal("", await bed.ScalarAsync<string>("select taker from seat where id = 1"));
        Assert.Equal("debtor", await bed.ScalarAsync<string>("select taker from seat where id = 2"));

        var refused = await bed.Ledger.SubmitAsync(LedgerBed.ActOf(bed.NewId(), "body",
            [SeatPlan(bed, 1, 0, "ann", 5000), Fallback("seat_unknown")]), default);
        refused.MustBe(ActEnd.Refused, RefusalCode.InsufficientFunds);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task An_act_may_carry_rows_alone()
    {
        await using var bed = await SeatsAsync(new SeatWriter());
        var plan = new Plan { Rows = [new SeatRow(3, 0, "bob")], Compose = _ => new Answer(200, "sat") };
        (await bed.Ledger.SubmitAsync(LedgerBed.ActOf(bed.NewId(), "body", [plan]), default)).MustBe(ActEnd.Committed);
        Assert.Equal("bob", await bed.ScalarAsync<string>("select taker from seat where id = 3"));
    }

    [Theory]
    [InlineData("Begin")]
    [InlineData("Load")]
    [InlineData("Read")]
    [InlineData("Check")]
    [InlineData("Apply")]
    [InlineData("Write")]
    [InlineData("Statement")]
    public async Task A_poisoned_act_fails_alone_and_is_not_recorded(string fault)
    {
        var writer = new SeatWriter { Fault = Enum.Parse<SeatFault>(fault) };
        await using var bed = await SeatsAsync(writer);
        var acts = Enumerable.Range(1, 20)
            .Select(i => SeatAct(bed, i, 0, i == 13 ? SeatWriter.Villain : $"taker{i}")).ToArray();
        // The villain's own follower, and a replay, in the same batch.
        var follower = SeatAct(bed, 13, 0, "follower");
        var waiting = await bed.InOneBatchAsync([.. acts, follower, acts[0]]);

        var exception = await Assert.ThrowsAnyAsync<Exception>(() => waiting[12]);
        Assert.True(exception is InvalidDataException or PostgresException { SqlState: "23514" }, exception.ToString());
        for (var i = 0; i < 20; i++)
            if (i != 12) Assert.False((await waiting[i]).MustBe(ActEnd.Committed).Replayed);
        (await waiting[20]).MustBe(ActEnd.Committed);
        Assert.True((await waiting[21]).Replayed);

        Assert.Null(await bed.Ledger.FindAsync(acts[12].Id, acts[12].Fingerprint, default));
        Assert.Equal(20, await bed.ScalarAsync<long>("select count(*) from seat where version = 1"));
        Assert.Equal(800, (await bed.AccountAsync("ann")).AvailableMinor);
        Assert.Empty(await bed.Ledger.AuditAsync(default));
    }

    [Fact]
    public async Task A_composer_that_throws_fails_its_own_act()
    {
        await using var bed = await SeatsAsync(new SeatWriter());
        var broken = LedgerBed.ActOf(bed.NewId(), "body", [new Plan
        {
            Transfers = [bed.Post("ann", "shop", 10)],
            Compose = outcome => new Answer(200, outcome.Account("provider").Key),
        }]);
        var refuser = new Act
        {
            Id = bed.NewId(),
            Fingerprint = broken.Fingerprint,
            Plans = [LedgerBed.PlanOf(bed.Post("ann", "shop", 9999))],
            Refuse = _ => throw new InvalidDataException("refuse"),
        };
        var waiting = await bed.InOneBatchAsync(broken, refuser, SeatAct(bed, 1, 0, "ann"));
        await Assert.ThrowsAsync<ArgumentException>(() => waiting[0]);
        await Assert.ThrowsAsync<InvalidDataException>(() => waiting[1]);
        (await waiting[2]).MustBe(ActEnd.Committed);
        Assert.Equal(990, (await bed.AccountAsync("ann")).AvailableMinor);
        Assert.Null(await bed.Ledger.FindAsync(refuser.Id, refuser.Fingerprint, default));
    }

    [Fact]
    public async Task An_answer_that_is_none_takes_no_seat()
    {
        await using var bed = await SeatsAsync(new SeatWriter());
        var plan = new Plan { Rows = [new SeatRow(1, 0, "ann")], Compose = _ => default };
        var waiting = await bed.InOneBatchAsync(
            LedgerBed.ActOf(bed.NewId(), "body", [plan]), SeatAct(bed, 1, 0, "bob"));
        await Assert.ThrowsAsync<LedgerInvariantException>(() => waiting[0]);
        (await waiting[1]).MustBe(ActEnd.Committed);
        Assert.Equal("bob", await bed.ScalarAsync<string>("select taker from seat where id = 1"));
    }

    [Theory]
    [InlineData(0x0000)]
    [InlineData(0xd83d)]
    public async Task An_answer_that_the_store_cannot_hold_fails_its_own_act(int character)
    {
        var body = $"a zero or half a character: {(char)character}";
        await using var bed = await SeatsAsync(new SeatWriter());
        var acts = Enumerable.Range(1, 9).Select(i => SeatAct(bed, i, 0, $"taker{i}")).ToArray();
        var plan = new Plan { Transfers = [bed.Post("ann", "shop", 10)], Compose = _ => new Answer(200, body) };
        acts[4] = LedgerBed.ActOf(bed.NewId(), "body", [plan]);
        var waiting = await bed.InOneBatchAsync(acts);
        await Assert.ThrowsAnyAsync<Exception>(() => waiting[4]);
        for (var i = 0; i < 9; i++)
            if (i != 4) Assert.False((await waiting[i]).MustBe(ActEnd.Committed).Replayed);
        Assert.Equal(920, (await bed.AccountAsync("ann")).AvailableMinor);
        Assert.Null(await bed.Ledger.FindAsync(acts[4].Id, acts[4].Fingerprint, default));
    }

    [Fact]
    public async Task A_row_without_a_writer_is_a_bug_of_its_slice()
    {
        await using var bed = await LedgerBed.CreateAsync();
        var plan = new Plan { Rows = [new SeatRow(1, 0, "ann")], Compose = _ => new Answer(200, "") };
        await Assert.ThrowsAsync<ArgumentException>(
            () => bed.Ledger.SubmitAsync(LedgerBed.ActOf(bed.NewId(), "body", [plan]), default));
    }

    private static async Task<LedgerBed> SeatsAsync(SeatWriter writer)
    {
        var bed = await LedgerBed.CreateAsync([writer], SeatWriter.Schema);
        await bed.OpenShopAsync(("ann", 1000));
        return bed;
    }

    private static Act SeatAct(LedgerBed bed, int seat, int version, string taker) =>
        LedgerBed.ActOf(bed.NewId(), "body", [SeatPlan(bed, seat, version, taker)]);

    private static Plan SeatPlan(LedgerBed bed, int seat, int version, string taker, long amountMinor = 10) => new()
    {
        Transfers = [bed.Post("ann", "shop", amountMinor)],
        Rows = [new SeatRow(seat, version, taker)],
        Compose = outcome => new Answer(200, $"{taker} has {outcome.Account("ann").AvailableMinor}"),
    };
}
