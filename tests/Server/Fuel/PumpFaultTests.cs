using System.Net;
using System.Net.Http.Json;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>The faults of old that touch pumps and bills, and what goes wrong on forecourts.</summary>
public sealed class PumpFaultTests : IAsyncLifetime
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

    /// <summary>The plate was read after fuelling and bound to nothing: whoever came next got the bill.</summary>
    [Fact]
    public async Task S3_next_car_gets_bill_A_delivery_is_its_own_cars_however_late_it_is_told()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        using var ravi = await TestDriver.SignUpAsync(_bed, "WB02AB5678", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        var first = _pump.NextSeq();
        await _pump.LiftAsync(first);
        // She hangs up and drives away; the line is down. The pump serves the next car before it can say so.
        Assert.Equal("waiting", (string)(await _pump.SeeAsync(ravi.Vehicle))["session"]!["state"]!);
        var next = _pump.NextSeq();
        var lift = await _pump.LiftAsync(next);
        await _pump.HangUpAsync(first, 10_000);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
        Assert.Equal((500_000, 0), await ravi.WalletAsync());
        await _pump.HangUpAsync(next, 20_000);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
        // He was next in line when somebody took the nozzle: it asks him, and takes nothing before.
        Assert.Equal("delivered", await ravi.StateAsync((Guid)lift["session_id"]!));
        Assert.Equal((500_000, 0), await ravi.WalletAsync());
    }

    [Fact]
    public async Task S3_next_car_gets_bill_A_delivery_that_no_nozzle_began_is_nobodys_until_people_say_whose()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        // Of somebody before her, whose lifting nobody heard.
        var told = await _pump.HangUpAsync(4_711, 10_000);
        Assert.Equal((500_000, 200_000), await asha.WalletAsync());
        using var boss = await _bed.OperatorAsync();
        var found = await boss.GetAsync($"/fuel-sessions/{told["session_id"]}").OkAsync();
        Assert.Equal(("unclaimed", "no_session"), ((string)found["state"]!, (string)found["note"]!));
        await _pump.FillAsync(5_000);
        Assert.Equal((500_000 - 52_705, 0), await asha.WalletAsync());
        await boss.WriteAsync($"/fuel-sessions/{told["session_id"]}/cash").OkAsync();
    }

    [Fact]
    public async Task S3_next_car_gets_bill_Two_cars_at_one_pump_and_the_nozzle_of_one_of_them_asks_first()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        using var ravi = await TestDriver.SignUpAsync(_bed, "WB02AB5678", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("waiting", (string)(await _pump.SeeAsync(ravi.Vehicle))["session"]!["state"]!);
        // Hers is set aside, and it may be his nozzle: nothing is taken without a yes to the bill.
        var id = await _pump.FillAsync(10_000);
        var bill = await asha.SessionAsync(id);
        Assert.Equal(("delivered", true), ((string)bill["state"]!, (bool)bill["doubtful"]!));
        Assert.Equal((500_000, 200_000), await asha.WalletAsync());
        Assert.Equal("unclaimed", (string)(await asha.SayAsync(id, "decline").OkAsync())["state"]!);
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        Assert.Equal("fuel_session_not_found",
            await asha.Person.Http.GetAsync($"/fuel-sessions/{id}").ProblemAsync(HttpStatusCode.NotFound));
        // Staff saw whose it was; he is asked too.
        using var boss = await _bed.OperatorAsync();
        var named = await boss.WriteAsync($"/fuel-sessions/{id}/reassign", new { vehicle_id = ravi.Vehicle }).OkAsync();
        Assert.DoesNotContain("WB02AB5678", named.ToJsonString());
        Assert.Equal((500_000, 0), await ravi.WalletAsync());
        await ravi.ConfirmAsync(id);
        Assert.Equal((500_000 - 105_410, 0), await ravi.WalletAsync());
        Assert.Equal((500_000, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task S3_next_car_gets_bill_One_owner_with_two_cars_at_two_pumps_has_two_bills()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234");
        var other = (Guid)(await Plates.TestVehicle.RegisterAsync(asha.Person, "WB02AB5678", fuel: "petrol"))["id"]!;
        await _pump.SeeAsync(asha.Vehicle);
        await _second.SeeAsync(other);
        var (first, second) = (await _pump.FillAsync(10_000), await _second.FillAsync(20_000));
        await asha.ConfirmAsync(second);
        Assert.Equal("delivered", await asha.StateAsync(first));
        Assert.Equal((500_000 - 210_820, 0), await asha.WalletAsync());
        await asha.ConfirmAsync(first);
        Assert.Equal(316_230, await asha.TakenAsync());
    }

    /// <summary>What was spent was read, taken off and written back, so that two at once spent it twice.</summary>
    [Fact]
    public async Task S3_double_spend_Two_bills_that_are_paid_at_once_take_no_money_twice()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", walletMinor: 150_000);
        var other = (Guid)(await Plates.TestVehicle.RegisterAsync(asha.Person, "WB02AB5678", fuel: "petrol"))["id"]!;
        await _pump.SeeAsync(asha.Vehicle);
        await _second.SeeAsync(other);
        Guid[] bills = [await _pump.FillAsync(10_000), await _second.FillAsync(10_000)];
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using var answer = await asha.SayAsync(bills[i % 2], "confirm");
            return answer.StatusCode;
        }));
        Assert.Contains(HttpStatusCode.OK, answers);
        Assert.Contains(HttpStatusCode.PaymentRequired, answers);
        Assert.Equal((150_000 - 105_410, 0), await asha.WalletAsync());
        Assert.Equal(105_410, await asha.TakenAsync());
        Assert.Single(await asha.ReceiptsAsync());
    }

    [Fact]
    public async Task S3_stuck_pump_An_unpaid_bill_keeps_no_pump_and_no_car()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234");
        using var ravi = await TestDriver.SignUpAsync(_bed, "WB02AB5678");
        await _pump.SeeAsync(asha.Vehicle);
        var unpaid = await _pump.FillAsync(10_000);
        Assert.Equal("offered", (string)(await _pump.SeeAsync(ravi.Vehicle))["session"]!["state"]!);
        var paid = await _pump.FillAsync(5_000);
        await ravi.ConfirmAsync(paid);
        Assert.Equal("delivered", await asha.StateAsync(unpaid));
        // Her car fills up elsewhere although that bill is open.
        Assert.Equal("offered", (string)(await _second.SeeAsync(asha.Vehicle))["session"]!["state"]!);
    }

    [Fact]
    public async Task S3_stuck_pump_One_that_falls_silent_is_free_again_and_may_still_say_what_it_gave()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        var seq = _pump.NextSeq();
        var id = (Guid)(await _pump.LiftAsync(seq))["session_id"]!;
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("lost", await asha.StateAsync(id));
        Assert.True((bool)(await _pump.LiftAsync(_pump.NextSeq()))["authorised"]!);
        // Within the hold's life it is paid from it, later out of the wallet: there was a yes.
        _clock.Advance(TimeSpan.FromHours(4));
        await _pump.HangUpAsync(seq, 10_000);
        Assert.Equal("paid", await asha.StateAsync(id));
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task S3_stuck_pump_A_charger_that_says_what_flows_is_not_given_up_however_long_it_takes()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000, fuel: "electric");
        await _second.SeeAsync(asha.Vehicle);
        var seq = _second.NextSeq();
        var id = (Guid)(await _second.LiftAsync(seq, nozzle: 3))["session_id"]!;
        for (var minute = 0; minute < 90; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            await _second.SayAsync(new { type = "pouring", seq, volume_thousandths = minute * 400 }).OkAsync();
        }
        Assert.Equal("fuelling", await asha.StateAsync(id));
        await _second.HangUpAsync(seq, 36_000, 66_600, nozzle: 3);
        Assert.Equal((500_000 - 66_600, 0), await asha.WalletAsync());
    }

    /// <summary>Anybody could say what a pump had delivered, and to whom.</summary>
    [Fact]
    public async Task S3_unauth_pump_posts_Only_a_pump_itself_says_what_it_does()
    {
        var message = new { type = "delivered", seq = 1, nozzle = 1, volume_thousandths = 10_000, amount_minor = 1 };
        using var stranger = await TestRider.SignUpAsync(_bed, "Some Body");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _pump.SayAsync(message, stationKey: "")).StatusCode);
        Assert.Equal(
            HttpStatusCode.Unauthorized, (await _pump.SayAsync(message, stationKey: new string('a', 64))).StatusCode);
        Assert.Equal("wrong_station", await _pump.SayAsync(message, stationKey: _bed.StationKey("F1-P2"))
            .ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal("wrong_station", await _pump.SayAsync(message, stationKey: _bed.StationKey("canteen-till"))
            .ProblemAsync(HttpStatusCode.Forbidden));
        using var signedIn = await stranger.Http.PostAsJsonAsync("/pumps/F1-P1/events", message);
        Assert.Equal(HttpStatusCode.Unauthorized, signedIn.StatusCode);
        Assert.Equal(0, await _bed.NumberAsync("select count(*) from pump_session"));
    }

    /// <summary>Any signed-in request marked the first open bill as paid, without any proof of money.</summary>
    [Fact]
    public async Task S3_free_settlement_A_bill_is_paid_by_money_and_by_nobody_elses_word()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", walletMinor: 1_000);
        await _pump.SeeAsync(asha.Vehicle);
        var id = await _pump.FillAsync(10_000);
        using var ravi = await TestDriver.SignUpAsync(_bed, "WB02AB5678");
        foreach (var what in (string[])["confirm", "decline", "reopen"])
            Assert.Equal("fuel_session_not_found",
                await ravi.SayAsync(id, what).ProblemAsync(HttpStatusCode.NotFound));
        foreach (var who in (TestDriver[])[asha, ravi])
            foreach (var what in (string[])["cash", "drive-off", "write-off", "cancel", "release", "reassign"])
            {
                using var answer = await who.SayAsync(
                    id, what, new { reason = "I am nice", amount_minor = 105_410, vehicle_id = ravi.Vehicle });
                Assert.Contains(
                    answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.NotFound, HttpStatusCode.Forbidden]);
            }
        Assert.Equal("insufficient_funds",
            await asha.SayAsync(id, "confirm").ProblemAsync(HttpStatusCode.PaymentRequired));
        Assert.Equal("delivered", await asha.StateAsync(id));
        Assert.Empty(await asha.ReceiptsAsync());
        Assert.Equal(0, await asha.TakenAsync());
    }

    [Fact]
    public async Task S3_free_settlement_The_payment_behind_a_session_is_not_changed_behind_its_back()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        var id = (Guid)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        var seq = _pump.NextSeq();
        await _pump.LiftAsync(seq);
        var payment = (string)(await asha.SessionAsync(id))["transaction_id"]!;
        using var boss = await _bed.OperatorAsync();
        foreach (var what in (string[])["cancel", "reopen", "confirm"])
            Assert.Equal("fuel_session", await asha.Person.Http.WriteAsync($"/transactions/{payment}/{what}", new { })
                .ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("fuel_session", await boss.WriteAsync($"/transactions/{payment}/cancel")
            .ProblemAsync(HttpStatusCode.Conflict));
        await _pump.HangUpAsync(seq, 10_000);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
    }

    /// <summary>Errors came back as 200 with a text, and nobody's program noticed.</summary>
    [Fact]
    public async Task S3_200_with_error_A_message_that_cannot_be_taken_is_told_so_by_its_status()
    {
        foreach (var (message, status, code) in new (object, HttpStatusCode, string)[]
        {
            (new { type = "nozzle_lifted", seq = 1 }, HttpStatusCode.UnprocessableEntity, "fields_invalid"),
            (new { type = "nozzle_lifted", seq = 0, nozzle = 1 }, HttpStatusCode.UnprocessableEntity, "fields_invalid"),
            (new { type = "nozzle_lifted", seq = 1, nozzle = 9 }, HttpStatusCode.UnprocessableEntity, "fields_invalid"),
            (new { type = "delivered", seq = 1, nozzle = 1 }, HttpStatusCode.UnprocessableEntity, "fields_invalid"),
            (new { type = "delivered", seq = 1, nozzle = 1, volume_thousandths = -1 },
                HttpStatusCode.UnprocessableEntity, "fields_invalid"),
            (new { type = "pouring", seq = 1, volume_thousandths = 1 }, HttpStatusCode.Conflict, "not_fuelling"),
            (new { type = "exploded" }, HttpStatusCode.BadRequest, "malformed_json"),
            (new { }, HttpStatusCode.UnprocessableEntity, "fields_invalid"),
            ("nothing", HttpStatusCode.BadRequest, "malformed_json"),
        })
            Assert.Equal(code, await _pump.SayAsync(message).ProblemAsync(status));
        Assert.Equal("idempotency_key_missing", await _pump.SayAsync(
            new { type = "nozzle_lifted", seq = 1, nozzle = 1 }, key: "").ProblemAsync(HttpStatusCode.BadRequest));
        using var answer = await _bed.Http.GetAsync("/pumps/F1-P9");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using var boss = await _bed.OperatorAsync();
        Assert.Equal("pump_not_found", await boss.GetAsync("/pumps/F1-P9").ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("fuel_session_not_found", await boss.GetAsync($"/fuel-sessions/{Guid.CreateVersion7()}")
            .ProblemAsync(HttpStatusCode.NotFound));
    }

    /// <summary>One that looks for the delivery before it is written and for the pump's session after it must not begin
    /// another session in its place.</summary>
    [Fact]
    public async Task A_nozzle_that_is_lifted_many_times_at_once_is_one_delivery()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234");
        for (var round = 0; round < 20; round++)
        {
            await _pump.SeeAsync(asha.Vehicle);
            var seq = _pump.NextSeq();
            var lifts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _pump.LiftAsync(seq)));
            Assert.Single(lifts.Select(lift => (string?)lift["session_id"]).Distinct());
            await _pump.HangUpAsync(seq, 10_000);
            _clock.Advance(TimeSpan.FromHours(2));
        }
    }

    [Fact]
    public async Task What_a_pump_says_twice_gets_one_answer_and_is_paid_once_and_other_amounts_are_for_people()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        var seq = _pump.NextSeq();
        var lifts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _pump.LiftAsync(seq)));
        Assert.Single(lifts.Select(lift => lift.ToJsonString()).Distinct());
        var told = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _pump.HangUpAsync(seq, 10_000)));
        Assert.Single(told.Select(each => each.ToJsonString()).Distinct());
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(told[0].ToJsonString(), (await _pump.HangUpAsync(seq, 10_000)).ToJsonString());
        Assert.Equal("delivery_differs",
            await _pump.SayDeliveredAsync(seq, 11_000).ProblemAsync(HttpStatusCode.Conflict));
        // A number that was delivered is never lifted again.
        Assert.Equal("already_delivered", (string)(await _pump.LiftAsync(seq))["reason"]!);
        Assert.Equal(105_410, await asha.TakenAsync());
        Assert.Single(await asha.ReceiptsAsync());
    }

    [Fact]
    public async Task A_camera_that_sends_the_same_picture_for_an_hour_opens_one_session_and_charges_nothing()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        var sessions = new HashSet<string>();
        for (var minute = 0; minute < 60; minute++)
        {
            sessions.Add((string)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!);
            _clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Single(sessions);
        await Eventually.HoldsAsync(async () => await asha.WalletAsync() == (500_000, 0));
        // It is taken away and comes back: a new visit.
        _clock.Advance(TimeSpan.FromMinutes(3));
        Assert.DoesNotContain((string)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!, sessions);
    }

    [Fact]
    public async Task Many_sightings_and_taps_at_once_open_one_session_and_set_money_aside_once()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234");
        var seen = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _pump.SeeAsync(asha.Vehicle)));
        var id = Assert.Single(seen.Select(each => (Guid)each["session"]!["id"]!).Distinct());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => asha.ConfirmAsync(id)));
        Assert.Equal(1, await _bed.NumberAsync("select count(*) from payment where kind = 'fuel'"));
        Assert.Equal((500_000, 500_000), await asha.WalletAsync());
    }

    [Fact]
    public async Task A_car_that_swaps_pumps_before_fuelling_takes_its_money_along()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        var id = (Guid)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        // Two cameras see it at once: it stays where it was seen last for a while.
        Assert.Equal("at_another_pump", (string)(await _second.SeeAsync(asha.Vehicle))["reason"]!);
        _clock.Advance(TimeSpan.FromSeconds(30));
        var there = await _second.SeeAsync(asha.Vehicle);
        Assert.Equal((id, "held"), ((Guid)there["session"]!["id"]!, (string)there["session"]!["state"]!));
        // The first pump is anybody's now.
        Assert.Null((await _pump.LiftAsync(_pump.NextSeq()))["max_minor"]);
        Assert.Equal(id, await _second.FillAsync(10_000));
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
        // While fuel flows a plate elsewhere is a copy, or the camera is wrong.
        _clock.Advance(TimeSpan.FromMinutes(10));
        await _second.SeeAsync(asha.Vehicle);
        await _second.LiftAsync(_second.NextSeq());
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("at_another_pump", (string)(await _pump.SeeAsync(asha.Vehicle))["reason"]!);
    }

    [Fact]
    public async Task A_message_that_had_to_wait_for_the_line_is_not_of_a_car_that_came_after_it()
    {
        _clock.Advance(TimeSpan.FromHours(1));
        using var asha = await TestDriver.SignUpAsync(_bed, "WB02AB1234", autoPayMaxMinor: 200_000);
        await _pump.SeeAsync(asha.Vehicle);
        var seq = _pump.NextSeq();
        var lift = await _pump.LiftAsync(seq, waited: TimeSpan.FromMinutes(10));
        await _pump.HangUpAsync(seq, 10_000, waited: TimeSpan.FromMinutes(5));
        Assert.Equal("too_late", (string)lift["reason"]!);
        Assert.Equal((500_000, 200_000), await asha.WalletAsync());
        Assert.Equal(105_410, await _bed.NumberAsync(
            "select bill_minor from pump_session where state = 'unclaimed' and note = 'no_session'"));
        Assert.Equal("message_too_old", await _pump.SayAsync(
            new { type = "nozzle_lifted", seq = 9, nozzle = 1, at = TestPump.Clock }, waited: TimeSpan.FromDays(8))
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task A_pump_out_of_order_and_a_site_that_is_closed_give_nothing_and_say_so()
    {
        await _pump.SayAsync(new { type = "out_of_order" }).OkAsync();
        Assert.Equal("out_of_order", (string)(await _pump.LiftAsync(_pump.NextSeq()))["reason"]!);
        await _pump.SayAsync(new { type = "in_order" }).OkAsync();
        Assert.True((bool)(await _pump.LiftAsync(_pump.NextSeq()))["authorised"]!);
        await _bed.ExecuteAsync("update fuel_site set always_open = false");
        _bed.Get<SightPay.Server.Fuel.Forecourt>().Forget();
        Assert.Equal("site_closed", (string)(await _second.LiftAsync(_second.NextSeq()))["reason"]!);
    }
}
