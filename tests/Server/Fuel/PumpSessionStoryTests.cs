using System.Net;
using SightPay.Server.Fuel;
using SightPay.Server.Stations;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>From a plate at a pump to a receipt, and the ways in between.</summary>
public sealed class PumpSessionStoryTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestPump _pump = null!;
    private TestPump _second = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        (_pump, _second) = (new TestPump(_bed), new TestPump(_bed, "F1-P2"));
    }

    public async Task DisposeAsync()
    {
        await _bed.AssertBooksAgreeAsync();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_yes_before_fuelling_is_paid_when_the_nozzle_hangs_with_a_receipt_and_no_tap_more()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234");
        var seen = await _pump.SeeAsync(asha.Vehicle);
        Assert.Equal(("ok", "offered"), ((string)seen["reason"]!, (string)seen["session"]!["state"]!));
        Assert.DoesNotContain("WB02AB1234", seen.ToJsonString());
        var id = (Guid)seen["session"]!["id"]!;
        Assert.Equal((500_000, 0), await asha.WalletAsync());

        var held = await asha.SayAsync(id, "confirm", new { amount = new { amount_minor = 300_000, currency = "INR" } })
            .OkAsync();
        Assert.Equal(("held", 300_000), ((string)held["state"]!, (long)held["hold_minor"]!));
        Assert.Equal((500_000, 300_000), await asha.WalletAsync());

        var seq = _pump.NextSeq();
        var lift = await _pump.LiftAsync(seq);
        Assert.True((bool)lift["authorised"]!);
        Assert.Equal((id, 300_000), ((Guid)lift["session_id"]!, (long)lift["max_minor"]!));
        // One thousandth more would cost more than was set aside.
        var most = (long)lift["max_volume_thousandths"]!;
        Assert.True(TestPump.AmountOf(most) <= 300_000 && TestPump.AmountOf(most + 1) > 300_000);
        await _pump.SayAsync(new { type = "pouring", seq, volume_thousandths = 5_000 }).OkAsync();
        Assert.Equal(5_000, (long)(await asha.SessionAsync(id))["meter_thousandths"]!);

        var told = await _pump.HangUpAsync(seq, 12_340);
        Assert.Equal((id, 130_076), ((Guid)told["session_id"]!, (long)told["amount_minor"]!));
        var paid = await asha.SessionAsync(id);
        Assert.Equal(("paid", 130_076), ((string)paid["state"]!, (long)paid["amount_minor"]!));
        Assert.Equal((369_924, 0), await asha.WalletAsync());
        var receipt = Assert.Single(await asha.ReceiptsAsync());
        Assert.Equal("12.340 l Petrol 95, Salt Lake Bypass pump 1", (string)receipt["text"]!);
        Assert.Equal(14_500_000 - 12_340, await LevelAsync("T1"));
    }

    [Fact]
    public async Task Up_to_the_limit_of_its_owner_a_plate_pays_without_a_tap()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        var seen = await _pump.SeeAsync(asha.Vehicle);
        Assert.Equal("held", (string)seen["session"]!["state"]!);
        var id = await _pump.FillAsync(10_000);
        var paid = await asha.SessionAsync(id);
        Assert.Equal(("paid", 200_000), ((string)paid["state"]!, (long)paid["hold_minor"]!));
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
        Assert.Single(await asha.ReceiptsAsync());
    }

    [Fact]
    public async Task What_looks_like_a_picture_of_a_plate_asks_whatever_the_limit()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        var seen = await _pump.SeeAsync(asha.Vehicle, null, StationAlert.LooksLikeAPicture);
        Assert.Equal("offered", (string)seen["session"]!["state"]!);
        Assert.Equal((500_000, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task A_payer_may_allow_more_than_the_plate_does_before_the_nozzle_is_lifted()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 100_000);
        var id = (Guid)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        Assert.Equal((500_000, 100_000), await asha.WalletAsync());
        await asha.SayAsync(id, "confirm", new { amount = new { amount_minor = 400_000, currency = "INR" } }).OkAsync();
        Assert.Equal((500_000, 400_000), await asha.WalletAsync());
        await _pump.FillAsync(30_000);
        Assert.Equal((500_000 - 316_230, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task Without_a_yes_before_the_bill_is_asked_for_and_paid_by_a_tap()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234");
        await _pump.SeeAsync(asha.Vehicle);
        var seq = _pump.NextSeq();
        var lift = await _pump.LiftAsync(seq);
        Assert.Null(lift["max_minor"]);
        var id = (Guid)lift["session_id"]!;
        Assert.Equal("not_delivered_yet",
            await asha.SayAsync(id, "confirm").ProblemAsync(HttpStatusCode.Conflict));
        await _pump.HangUpAsync(seq, 10_000);
        var bill = await asha.SessionAsync(id);
        Assert.Equal(("delivered", 105_410), ((string)bill["state"]!, (long)bill["amount_minor"]!));
        Assert.Equal(_clock.GetUtcNow().AddMinutes(5), (DateTimeOffset)bill["expires_at"]!);
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        Assert.Equal("amount_changed", await asha.SayAsync(
            id, "confirm", new { amount = new { amount_minor = 105_400, currency = "INR" } })
            .ProblemAsync(HttpStatusCode.Conflict));
        await asha.ConfirmAsync(id);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task A_bill_that_the_wallet_does_not_hold_waits_for_a_top_up_and_is_paid_then()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", walletMinor: 50_000);
        await _pump.SeeAsync(asha.Vehicle);
        var id = await _pump.FillAsync(10_000);
        Assert.Equal("insufficient_funds",
            await asha.SayAsync(id, "confirm").ProblemAsync(HttpStatusCode.PaymentRequired));
        await asha.Person.TopUpAsync(60_000);
        await asha.ConfirmAsync(id);
        Assert.Equal((110_000 - 105_410, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task Nothing_delivered_frees_the_money_at_once()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        Assert.Equal((500_000, 200_000), await asha.WalletAsync());
        var id = await _pump.FillAsync(0);
        Assert.Equal("aborted", await asha.StateAsync(id));
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        // The same car takes the nozzle again: it is asked at the end.
        var again = await _pump.FillAsync(10_000);
        Assert.NotEqual(id, again);
        Assert.Equal("delivered", await asha.StateAsync(again));
        await asha.ConfirmAsync(again);
    }

    [Fact]
    public async Task The_last_pulse_above_the_hold_comes_out_of_the_wallet_and_what_is_beyond_is_owed()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 100_000);
        await _pump.SeeAsync(asha.Vehicle);
        var id = await _pump.FillAsync(9_900);
        Assert.Equal(104_356, (long)(await asha.SessionAsync(id))["amount_minor"]!);
        Assert.Equal((500_000 - 104_356, 0), await asha.WalletAsync());
        _clock.Advance(TimeSpan.FromMinutes(10));

        await _pump.SeeAsync(asha.Vehicle);
        await _pump.FillAsync(12_000);
        // 126,492 for a hold of 100,000: five hundredths over are taken, the rest is a debt.
        Assert.Equal((500_000 - 104_356 - 105_000, 0), await asha.WalletAsync());
        Assert.Equal(21_492, await asha.Person.OwedAsync());
        Assert.Equal(104_356 + 126_492, await asha.TakenAsync());
    }

    [Fact]
    public async Task Quantity_and_amount_that_do_not_fit_charge_nobody_until_people_have_looked()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        var seq = _pump.NextSeq();
        var id = (Guid)(await _pump.LiftAsync(seq))["session_id"]!;
        // A coin apart is a pump's rounding, two are not.
        Assert.True((bool)(await _pump.HangUpAsync(seq, 10_000, 105_412))["quarantined"]!);
        Assert.Equal(("quarantined", "amount_differs"),
            (await asha.StateAsync(id), (string)(await asha.SessionAsync(id))["note"]!));
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        Assert.Equal("illegal_transition",
            await asha.SayAsync(id, "confirm").ProblemAsync(HttpStatusCode.Conflict));

        using var boss = await _bed.OperatorAsync();
        Assert.Equal("fields_invalid", await boss.WriteAsync(
            $"/fuel-sessions/{id}/release", new { amount_minor = 1 }).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        await boss.WriteAsync($"/fuel-sessions/{id}/release", new { amount_minor = 105_410 }).OkAsync();
        await asha.ConfirmAsync(id);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());

        _clock.Advance(TimeSpan.FromMinutes(10));
        await _pump.SeeAsync(asha.Vehicle);
        seq = _pump.NextSeq();
        await _pump.LiftAsync(seq);
        Assert.False((bool)(await _pump.HangUpAsync(seq, 10_000, 105_411))["quarantined"]!);
    }

    [Fact]
    public async Task The_wrong_fuel_for_the_engine_is_not_given_and_the_right_one_is()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000, fuel: "diesel");
        await _pump.SeeAsync(asha.Vehicle);
        var refused = await _pump.LiftAsync(_pump.NextSeq(), TestPump.Petrol);
        Assert.Equal((false, "wrong_fuel"), ((bool)refused["authorised"]!, (string)refused["reason"]!));
        Assert.Contains("not the fuel for your car", (string)refused["text"]!, StringComparison.Ordinal);
        var seq = _pump.NextSeq();
        var lift = await _pump.LiftAsync(seq, TestPump.Diesel);
        Assert.True((bool)lift["authorised"]!);
        await _pump.HangUpAsync(
            seq, 10_000, TestPump.AmountOf(10_000, 9_202_000), TestPump.Diesel);
        Assert.Equal((500_000 - 92_020, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task Whoever_nobody_knows_fills_up_and_pays_in_the_shop()
    {
        var id = await _pump.FillAsync(10_000);
        using var boss = await _bed.OperatorAsync();
        var open = await boss.GetAsync($"/fuel-sessions/{id}").OkAsync();
        Assert.Equal(("unclaimed", 105_410), ((string)open["state"]!, (long)open["amount_minor"]!));
        for (var i = 0; i < 2; i++)
            Assert.Equal("paid_elsewhere",
                (string)(await boss.WriteAsync($"/fuel-sessions/{id}/cash").OkAsync())["state"]!);
    }

    [Fact]
    public async Task A_price_that_changes_while_fuel_flows_is_the_next_cars()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        var seq = _pump.NextSeq();
        await _pump.LiftAsync(seq);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _bed.ExecuteAsync(
            $"""
             insert into fuel_price (id, site, grade, valid_from, thousandths_of_minor, set_by, set_at)
             values ('{Guid.CreateVersion7()}', 'F1', 'petrol', '{_clock.GetUtcNow():O}', 20000000, 'test',
                 '{_clock.GetUtcNow():O}')
             """);
        _bed.Get<Forecourt>().Forget();
        await _pump.HangUpAsync(seq, 10_000);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
        Assert.Equal(20_000_000, (long)(await _second.LiftAsync(1))["unit_price"]!);
    }

    private Task<long> LevelAsync(string tank) =>
        _bed.NumberAsync($"select level_thousandths from fuel_tank where id = '{tank}'");
}
