using System.Net;
using System.Net.Http.Json;
using SightPay.Server.Payments;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>What drivers and the site's staff do to sessions.</summary>
public sealed class PumpPeopleTests : IAsyncLifetime
{
    private const string Plate = "WB02AK1234";

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestPump _pump = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _pump = new TestPump(_bed);
    }

    public async Task DisposeAsync()
    {
        await _bed.AssertBooksAgreeAsync();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_no_camera_knew_says_at_the_pump_that_it_was_them_and_pays_in_the_app()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate);
        var id = await _pump.FillAsync(10_000);
        var mine = await ClaimAsync(asha, "F1-P1").OkAsync();
        Assert.Equal((id, "delivered"), ((Guid)mine["id"]!, (string)mine["state"]!));
        await asha.ConfirmAsync(id);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task A_driver_fills_up_at_the_owners_expense_within_the_owners_limits()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate);
        using var ravi = await TestRider.SignUpAsync(_bed, "Ravi Das");
        await asha.Person.Http.PostAsJsonAsync($"/vehicles/{asha.Vehicle}/drivers", new
        {
            email = ravi.Email, max_minor = 120_000, day_max_minor = 150_000, password = TestRider.Password,
        }).CreatedAsync();
        await ravi.Http.PostAsync($"/vehicles/{asha.Vehicle}/drivers/{ravi.Id}/accept", null).OkAsync();

        var id = (Guid)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        var held = await ravi.Http.WriteAsync($"/fuel-sessions/{id}/confirm", new { }).OkAsync();
        Assert.Equal(("driver", 120_000), ((string)held["role"]!, (long)held["hold_minor"]!));
        Assert.NotEmpty((string)held["payer_name"]!);
        await _pump.FillAsync(10_000);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());

        // What is left of the day is 44,590.
        _clock.Advance(TimeSpan.FromMinutes(10));
        await _pump.SeeAsync(asha.Vehicle);
        var second = await _pump.FillAsync(5_000);
        Assert.Equal("driver_limit_exceeded", await ravi.Http.WriteAsync($"/fuel-sessions/{second}/confirm", new { })
            .ProblemAsync(HttpStatusCode.Forbidden));
        await asha.ConfirmAsync(second);
        // The owner's own yes does not count against the driver.
        _clock.Advance(TimeSpan.FromMinutes(10));
        await _pump.SeeAsync(asha.Vehicle);
        var third = await _pump.FillAsync(4_000);
        await ravi.Http.WriteAsync($"/fuel-sessions/{third}/confirm", new { }).OkAsync();
        Assert.Equal(105_410 + 52_705 + 42_164, await asha.TakenAsync());
        var listed = await ravi.Http.GetAsync("/fuel-sessions").OkAsync();
        Assert.Equal(3, listed["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task Staff_of_the_site_see_its_pumps_and_do_what_staff_do_and_nobody_else_does()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate);
        using var staff = await TestRider.SignUpAsync(_bed, "Mira Sen");
        await _bed.GiveRolesAsync(staff.Id, "customer", "forecourt");
        await _bed.ExecuteAsync(
            $"insert into fuel_staff (person, site, since) values ('{staff.Id}', 'F1', now())");
        await _pump.SeeAsync(asha.Vehicle);
        var id = await _pump.FillAsync(10_000);
        var board = await staff.Http.GetAsync("/pumps?site=F1").OkAsync();
        var first = board["items"]!.AsArray()[0]!;
        Assert.Equal(("F1-P1", id), ((string)first["id"]!, (Guid)first["session"]!["id"]!));
        Assert.DoesNotContain(Plate, board.ToJsonString());
        Assert.Equal("site_not_found",
            await asha.Person.Http.GetAsync("/pumps?site=F1").ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("forbidden", await staff.Http.WriteAsync(
            $"/fuel-sessions/{id}/write-off", new { reason = "A friend" }).ProblemAsync(HttpStatusCode.Forbidden));

        await staff.Http.WriteAsync($"/fuel-sessions/{id}/drive-off").OkAsync();
        Assert.Equal("drive_off", await asha.StateAsync(id));
        // No more on credit, until that is settled; for money that is set aside, yes.
        _clock.Advance(TimeSpan.FromMinutes(10));
        var next = (Guid)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        Assert.Equal("unpaid_bill", (string)(await _pump.LiftAsync(_pump.NextSeq()))["reason"]!);
        await asha.ConfirmAsync(next);
        await _pump.FillAsync(1_000);
        Assert.Equal("illegal_transition", await asha.SayAsync(id, "confirm").ProblemAsync(HttpStatusCode.Conflict));
        await asha.SayAsync(id, "reopen").OkAsync();
        await asha.ConfirmAsync(id);
        Assert.Equal(105_410 + 10_541, await asha.TakenAsync());
        Assert.True(await _bed.NumberAsync("select count(*) from audit_entry where what = 'fuel_drive_off'") == 1);
    }

    [Fact]
    public async Task Staff_end_move_and_write_off_what_is_theirs_to()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        using var boss = await _bed.OperatorAsync();
        var id = (Guid)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        var moved = await boss.WriteAsync($"/fuel-sessions/{id}/reassign", new { pump_id = "F1-P2" }).OkAsync();
        Assert.Equal(("F1-P2", "held"), ((string)moved["pump_id"]!, (string)moved["state"]!));
        await boss.WriteAsync($"/fuel-sessions/{id}/cancel").OkAsync();
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        Assert.Equal("pump_not_found", await boss.WriteAsync(
            $"/fuel-sessions/{id}/reassign", new { pump_id = "F1-P9" }).ProblemAsync(HttpStatusCode.NotFound));

        var lost = await _pump.FillAsync(10_000);
        Assert.Equal("fields_invalid", await boss.WriteAsync($"/fuel-sessions/{lost}/write-off", new { })
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        var gone = await boss.WriteAsync(
            $"/fuel-sessions/{lost}/write-off", new { reason = "The pump was being tested." }).OkAsync();
        Assert.Equal(("written_off", "The pump was being tested."), ((string)gone["state"]!, (string)gone["note"]!));
        Assert.Equal("illegal_transition", await boss.WriteAsync($"/fuel-sessions/{lost}/cash")
            .ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_plate_pays_no_more_on_a_day_than_any_plate_may()
    {
        await _bed.DisposeAsync();
        _bed = await ServerBed.StartAsync(_clock, seeing: false, payments: settings => settings with
        {
            Spending = settings.Spending with { Plate = new SpendingLimit(SpentBy.Plate, 150_000, 200_000, 20) },
        });
        _pump = new TestPump(_bed);
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 180_000);
        await _pump.SeeAsync(asha.Vehicle);
        Assert.Equal((500_000, 150_000), await asha.WalletAsync());
        await _pump.FillAsync(10_000);
        // 105,410 are spent; another 150,000 would be too much, so that somebody is asked.
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("offered", (string)(await _pump.SeeAsync(asha.Vehicle))["session"]!["state"]!);
    }

    [Fact]
    public async Task Who_has_an_open_bill_is_not_erased_and_export_shows_what_was_filled()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, walletMinor: 105_410);
        await _pump.SeeAsync(asha.Vehicle);
        var id = await _pump.FillAsync(10_000);
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/users/{asha.Person.Id}")
        {
            Content = JsonContent.Create(new { password = TestRider.Password }),
        };
        using var refused = await asha.Person.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        await asha.ConfirmAsync(id);
        var export = await asha.Person.Http.GetAsync($"/users/{asha.Person.Id}/export").OkAsync();
        Assert.Equal(105_410, (long)export["fuel_sessions"]!.AsArray().Single()!["bill_minor"]!);
    }

    internal static Task<HttpResponseMessage> ClaimAsync(TestDriver driver, string pump) =>
        driver.Person.Http.WriteAsync("/fuel-sessions", new { pump_id = pump, vehicle_id = driver.Vehicle });
}
