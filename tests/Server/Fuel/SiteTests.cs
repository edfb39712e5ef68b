using System.Net;
using System.Net.Http.Json;
using SightPay.Ledger;
using SightPay.Server.Fuel;
using SightPay.Server.Stations;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>Setting filling stations up over HTTP: who may, what is refused, what two who meet see.</summary>
public sealed class SiteTests : IAsyncLifetime
{
    private static readonly object Opening = new { monday = new[] { new { from = "06:00", to = "22:00" } } };

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private HttpClient _operator = null!;
    private TestRider _owner = null!;
    private TestRider _staff = null!;
    private TestRider _stranger = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _operator = await _bed.OperatorAsync();
        _owner = await TestRider.SignUpAsync(_bed, "Olga Owner");
        _staff = await TestRider.SignUpAsync(_bed, "Farid Forecourt");
        _stranger = await TestRider.SignUpAsync(_bed, "Sita Stranger");
        await _bed.GiveRolesAsync(_staff.Id, "customer", "forecourt");
        await _bed.GiveRolesAsync(_owner.Id, "customer", "forecourt");
        await OpenAsync("F2", _owner.Id);
        await PutAsync(_operator, $"/sites/F2/staff/{_staff.Id}").OkAsync();
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _operator.Dispose();
        _owner.Dispose();
        _staff.Dispose();
        _stranger.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_site_is_opened_set_up_and_shown_whole()
    {
        await SetUpAsync("F2");
        var site = await _owner.Http.GetAsync("/sites/F2").OkAsync();
        Assert.Equal("manage", (string)site["right"]!);
        Assert.Equal("06:00", (string)site["opening"]!["monday"]![0]!["from"]!);
        // The bed's clock stands at 08:00 UTC on a Monday.
        Assert.True((bool)site["open_now"]!);
        Assert.Equal(_owner.Id, (Guid)site["owner_id"]!);
        Assert.Equal("""{"id":"g95","name":"Super 95","fuel":"petrol","unit":"us_gallon"}""",
            site["grades"]![0]!.ToJsonString());
        Assert.Equal("F2-P1", (string)site["pumps"]![0]!["id"]!);
        Assert.Equal("T1", (string)site["pumps"]![0]!["nozzles"]![0]!["tank_id"]!);
        Assert.Equal(0, (long)site["tanks"]![0]!["level_thousandths"]!);
        Assert.Empty(site["prices"]!.AsArray());
        // What the sessions read is the same, at once.
        var pump = (await _bed.Get<Forecourt>().FindPumpAsync("F2-P1", default))!;
        Assert.Equal([new Nozzle(1, "g95", "T1")], pump.Nozzles);
        Assert.Equal("F2", (await _bed.Get<StationDirectory>().FindAsync("F2-P1", default))!.Place);
        Assert.Equal(
            "site_opened, site_staff_named, grade_set, tank_set, pump_set",
            string.Join(", ", (await AuditAsync()).Where(what => !what.StartsWith("role_", StringComparison.Ordinal))));
        // Sent again, nothing changes and nothing is recorded.
        var before = (int)site["version"]!;
        await SetUpAsync("F2");
        Assert.Equal(before, (int)(await _owner.Http.GetAsync("/sites/F2").OkAsync())["version"]!);
    }

    /// <summary>Of old a second site could have no pump 1: numbers were unique among all sites.</summary>
    [Fact]
    public async Task S3_globally_unique_pump_numbers()
    {
        await SetUpAsync("F2");
        await OpenAsync("F3", null);
        await SetUpAsync("F3");
        var forecourt = _bed.Get<Forecourt>();
        foreach (var id in (string[])["F1-P1", "F2-P1", "F3-P1"])
        {
            var pump = (await forecourt.FindPumpAsync(id, default))!;
            Assert.Equal((id, 1, id[..2]), (pump.Id, pump.Number, pump.SiteId));
        }
        // In one site a number is one pump: said again, it is changed and not doubled.
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _operator.PutAsJsonAsync(
            "/sites/F3/pumps/7", new { nozzles = new[] { new { number = 1, grade_id = "g95", tank_id = "T1" } } })));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(
            [1, 7], (await _operator.GetAsync("/sites/F3").OkAsync())["pumps"]!.AsArray().Select(
                pump => (int)pump!["number"]!));
    }

    [Fact]
    public async Task Who_may_do_what_is_read_at_each_request()
    {
        await SetUpAsync("F2");
        var closed = new { closed = true };
        var grade = new { name = "Diesel", fuel = "diesel", unit = "litre" };
        // Staff run the site and do not set it up.
        Assert.Equal("work", (string)(await _staff.Http.GetAsync("/sites/F2").OkAsync())["right"]!);
        await _staff.Http.PutAsJsonAsync("/sites/F2/pumps/1", closed).OkAsync();
        Assert.Equal("forbidden", await _staff.Http.PutAsJsonAsync(
            "/sites/F2/grades/d", grade).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal("forbidden", await PriceAsync(_staff.Http, "F2", 1000).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal("forbidden", await _staff.Http.PutAsJsonAsync(
            "/sites/F2/pumps/1", new { nozzles = Array.Empty<object>() }).ProblemAsync(HttpStatusCode.Forbidden));
        // Numbers of accounts are the operators': whoever runs a site asks by e-mail address.
        foreach (var by in (HttpClient[])[_owner.Http, _staff.Http])
            await PutAsync(by, $"/sites/F2/staff/{_stranger.Id}").ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal("forbidden", await _staff.Http.PostAsJsonAsync(
            "/sites/F2/invitations", new { email = "x@example.org" }).ProblemAsync(HttpStatusCode.Forbidden));
        // Nobody sees another's site; only operators open one or say whose it is.
        foreach (var by in (HttpClient[])[_stranger.Http, _owner.Http, _staff.Http])
            Assert.Equal("site_not_found", await by.GetAsync("/sites/F1").ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("site_not_found", await _stranger.Http.PutAsJsonAsync(
            "/sites/F2/grades/d", grade).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Empty((await _stranger.Http.GetAsync("/sites").OkAsync())["items"]!.AsArray());
        Assert.Equal("F2", (string)Assert.Single(
            (await _staff.Http.GetAsync("/sites").OkAsync())["items"]!.AsArray())!["id"]!);
        Assert.Equal(2, (await _operator.GetAsync("/sites").OkAsync())["items"]!.AsArray().Count);
        using (var refused = await _owner.Http.PostAsJsonAsync("/sites", new { id = "F9" }))
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("forbidden", await ChangeAsync(
            _owner.Http, _stranger.Id).ProblemAsync(HttpStatusCode.Forbidden));
        // The role alone or the place alone is nothing.
        await _bed.GiveRolesAsync(_staff.Id, "customer");
        await _staff.Http.GetAsync("/sites/F2").ProblemAsync(HttpStatusCode.NotFound);
        await _bed.GiveRolesAsync(_staff.Id, "customer", "forecourt");
        await _staff.Http.GetAsync("/sites/F2").OkAsync();
        using (var dismissed = await _owner.Http.DeleteAsync($"/sites/F2/staff/{_staff.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, dismissed.StatusCode);
        await _staff.Http.GetAsync("/sites/F2").ProblemAsync(HttpStatusCode.NotFound);
        // An auditor looks and touches nothing.
        await _bed.GiveRolesAsync(_stranger.Id, "auditor");
        Assert.Equal("read", (string)(await _stranger.Http.GetAsync("/sites/F2").OkAsync())["right"]!);
        Assert.Equal("forbidden", await _stranger.Http.PutAsJsonAsync(
            "/sites/F2/pumps/1", closed).ProblemAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task All_fields_that_cannot_be_used_are_told_at_once()
    {
        var errors = await ErrorsAsync(_operator.PostAsJsonAsync("/sites", new
        {
            id = "f-9", name = " ", region = "Poland", time_zone = "Warsaw", owner_id = Guid.NewGuid(),
            opening = new
            {
                monday = new[] { new { from = "6", to = "22:00" } },
                tuesday = new[] { new { from = "06:00", to = "22:00" }, new { from = "21:00", to = "23:00" } },
                someday = Array.Empty<object>(),
            },
        }));
        Assert.Equal(
            ["id", "name", "opening", "opening.monday", "owner_id", "region", "time_zone"], errors.Order());
        Assert.Equal("site_taken", await OpenedAsync("F2", null).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("malformed_json", await _operator.PutAsync("/sites/F2/grades/x", new StringContent(
            "{", null, "application/json")).ProblemAsync(HttpStatusCode.BadRequest));
        await SetUpAsync("F2");
        await _owner.Http.PutAsJsonAsync(
            "/sites/F2/grades/e", new { name = "Charge", fuel = "electric", unit = "kilowatt_hour" }).OkAsync();
        (string Path, object Body, string Field)[] wrong =
        [
            ("grades/a_b", new { name = "A", fuel = "petrol", unit = "litre" }, "grade_id"),
            ("grades/x", new { name = "A", fuel = "coal", unit = "pint" }, "fuel,unit"),
            ("grades/x", new { name = "A", fuel = "electric", unit = "litre" }, "unit"),
            ("tanks/T2", new { grade_id = "none", capacity_thousandths = 0 }, "capacity_thousandths,grade_id"),
            ("tanks/T2", new { grade_id = "e", capacity_thousandths = 1000 }, "grade_id"),
            ("pumps/0", new { nozzles = Array.Empty<object>() }, "number"),
            ("pumps/2", new { nozzles = new[] { new { number = 1, grade_id = "g95", tank_id = "T9" } } }, "nozzles"),
            ("pumps/2", new { nozzles = new[] { new { number = 1, grade_id = "e", tank_id = "T1" } } }, "nozzles"),
            ("pumps/2", new { nozzles = new object?[] { null } }, "nozzles"),
            (
                "pumps/2",
                new
                {
                    nozzles = new[]
                    {
                        new { number = 1, grade_id = "g95", tank_id = "T1" },
                        new { number = 1, grade_id = "g95", tank_id = "T1" },
                    },
                },
                "nozzles"),
        ];
        foreach (var (path, body, field) in wrong)
            Assert.Equal(field, string.Join(
                ',', (await ErrorsAsync(_owner.Http.PutAsJsonAsync($"/sites/F2/{path}", body))).Order()));
        Assert.Equal("pump_not_found", await _staff.Http.PutAsJsonAsync(
            "/sites/F2/pumps/9", new { closed = true }).ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Two_who_change_the_same_site_do_not_overwrite_each_other()
    {
        var seen = (int)(await _owner.Http.GetAsync("/sites/F2").OkAsync())["version"]!;
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(turn => _owner.Http.PutAsJsonAsync(
            $"/sites/F2/grades/g{turn}", new { name = $"G{turn}", fuel = "petrol", unit = "litre", version = seen })));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        var site = await _owner.Http.GetAsync("/sites/F2").OkAsync();
        Assert.Single(site["grades"]!.AsArray());
        Assert.Equal(seen + 1, (int)site["version"]!);
        Assert.Equal("site_changed", await ChangeAsync(
            _owner.Http, _owner.Id, seen).ProblemAsync(HttpStatusCode.Conflict));
        await ChangeAsync(_owner.Http, _owner.Id, seen + 1).OkAsync();
    }

    /// <summary>What was sold was measured in it, and what is in a tank mixes with nothing else.</summary>
    [Fact]
    public async Task What_is_in_use_keeps_its_fuel_and_its_unit()
    {
        await SetUpAsync("F2");
        Assert.Equal("grade_in_use", await _owner.Http.PutAsJsonAsync(
            "/sites/F2/grades/g95", new { name = "Super", fuel = "petrol", unit = "litre" })
            .ProblemAsync(HttpStatusCode.Conflict));
        await _owner.Http.PutAsJsonAsync(
            "/sites/F2/grades/g95", new { name = "Super 95 E10", fuel = "petrol", unit = "us_gallon" }).OkAsync();
        await _owner.Http.PutAsJsonAsync(
            "/sites/F2/grades/d", new { name = "Diesel", fuel = "diesel", unit = "us_gallon" }).OkAsync();
        Assert.Equal("tank_in_use", await _owner.Http.PutAsJsonAsync(
            "/sites/F2/tanks/T1", new { grade_id = "d", capacity_thousandths = 10_000_000 })
            .ProblemAsync(HttpStatusCode.Conflict));
    }

    /// <summary>Closed by staff it stays closed whatever it says itself.</summary>
    [Fact]
    public async Task A_pump_that_staff_closed_is_out_of_order_until_they_open_it()
    {
        await SetUpAsync("F2");
        await _staff.Http.PutAsJsonAsync("/sites/F2/pumps/1", new { closed = true }).OkAsync();
        var forecourt = _bed.Get<Forecourt>();
        Assert.True((await forecourt.FindPumpAsync("F2-P1", default))!.OutOfOrder);
        await using (var says = _bed.Database.DataSource.CreateCommand(
            "update fuel_pump set out_of_order = false where id = 'F2-P1'"))
            await says.ExecuteNonQueryAsync();
        forecourt.Forget();
        Assert.True((await forecourt.FindPumpAsync("F2-P1", default))!.OutOfOrder);
        await _staff.Http.PutAsJsonAsync("/sites/F2/pumps/1", new { closed = false }).OkAsync();
        Assert.False((await forecourt.FindPumpAsync("F2-P1", default))!.OutOfOrder);
        Assert.Contains("pump_closed, pump_opened", string.Join(", ", await AuditAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deliveries_and_measurements_of_a_tank_are_one_each_and_stand_in_its_list()
    {
        await SetUpAsync("F2");
        var key = Guid.CreateVersion7().ToString();
        Task<HttpResponseMessage> Deliver(object body, string? by = null) =>
            _staff.Http.WriteAsync("/sites/F2/tanks/T1/deliveries", body, by ?? key);
        var slip = new { thousandths = 8_000_000, note = "Slip 4711" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Deliver(slip).CreatedAsync()));
        Assert.Single(answers.Select(answer => (Guid)answer["id"]!).Distinct());
        Assert.Equal("idempotency_key_reused", await Deliver(
            new { thousandths = 1 }).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("tank_overfull", await Deliver(
            new { thousandths = 2_000_001 }, Guid.CreateVersion7().ToString()).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal(["thousandths"], await ErrorsAsync(Deliver(new { thousandths = 0 }, "a-new-key")));
        Assert.Equal("tank_not_found", await _staff.Http.WriteAsync(
            "/sites/F2/tanks/T9/dips", new { thousandths = 1 }).ProblemAsync(HttpStatusCode.NotFound));
        await _staff.Http.WriteAsync("/sites/F2/tanks/T1/dips", new { thousandths = 0 }).CreatedAsync();
        Assert.Equal("site_not_found", await _stranger.Http.WriteAsync(
            "/sites/F2/tanks/T1/dips", new { thousandths = 5 }).ProblemAsync(HttpStatusCode.NotFound));
        var entries = (await _staff.Http.GetAsync("/sites/F2/tanks/T1/entries").OkAsync())["items"]!.AsArray();
        Assert.Equal(
            ["dip 8000000 0 ", "delivery 0 8000000 Slip 4711"],
            entries.Select(entry => string.Join(' ', ((string[])
                ["kind", "before_thousandths", "after_thousandths", "note"]).Select(field => $"{entry![field]}"))));
        var page = await _staff.Http.GetAsync("/sites/F2/tanks/T1/entries?limit=1").OkAsync();
        var next = await _staff.Http.GetAsync(
            $"/sites/F2/tanks/T1/entries?limit=1&cursor={page["next_cursor"]}").OkAsync();
        Assert.Equal("delivery", (string)Assert.Single(next["items"]!.AsArray())!["kind"]!);
        Assert.Null(next["next_cursor"]);
        Assert.Equal(1, (await AuditAsync()).Count(what => what == "tank_filled"));
    }

    /// <summary>A tank is set up while pumps draw from it: neither waits for the other for ever.</summary>
    [Fact]
    public async Task Deliveries_at_the_pump_and_changes_of_the_set_up_do_not_block_each_other()
    {
        var draws = Enumerable.Range(0, 60).Select(_ => _bed.Get<GeneralLedger>().SubmitAsync(new Act
        {
            Id = Ids.Next(TimeProvider.System),
            Fingerprint = new byte[32],
            Plans = [new Plan { Rows = [TankRow.Draw("F1", "T1", 1000)], Compose = _ => new Answer(200, "{}") }],
            Refuse = refusal => new Answer(409, refusal.Code),
        }, default));
        var changes = Enumerable.Range(0, 20).Select(turn => _operator.PutAsJsonAsync(
            "/sites/F1/tanks/T1", new { grade_id = "petrol", capacity_thousandths = 20_000_000 + turn }));
        var drawn = Task.WhenAll(draws);
        foreach (var answer in await Task.WhenAll(changes)) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.All(await drawn, done => Assert.Equal(ActEnd.Committed, done.End));
        var tank = (await _operator.GetAsync("/sites/F1").OkAsync())["tanks"]![0]!;
        Assert.Equal(14_500_000 - 60_000, (long)tank["level_thousandths"]!);
    }

    [Fact]
    public async Task Where_somebody_works_is_exported_and_erased_with_them_and_an_owner_stays_until_there_is_another()
    {
        var export = await _staff.Http.GetAsync($"/users/{_staff.Id}/export").OkAsync();
        Assert.Equal("F2", (string)export["forecourt"]![0]!["site"]!);
        Assert.Empty(export["site_invitations"]!.AsArray());
        using (var erased = await _staff.Http.DeleteAsync($"/users/{_staff.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, erased.StatusCode);
        Assert.Empty((await _owner.Http.GetAsync("/sites/F2/staff").OkAsync())["items"]!.AsArray());
        Assert.Equal("site_owned", await _owner.Http.DeleteAsync(
            $"/users/{_owner.Id}").ProblemAsync(HttpStatusCode.Conflict));
        await ChangeAsync(_operator, null).OkAsync();
        using var gone = await _owner.Http.DeleteAsync($"/users/{_owner.Id}");
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
    }

    private Task<HttpResponseMessage> OpenedAsync(string id, Guid? owner) => _operator.PostAsJsonAsync("/sites", new
    {
        id, name = $"Site {id}", region = "pl", time_zone = "Europe/Warsaw", opening = Opening, owner_id = owner,
    });

    private async Task OpenAsync(string id, Guid? owner) => await OpenedAsync(id, owner).CreatedAsync();

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient by, Guid? owner, int? version = null) =>
        by.PutAsJsonAsync("/sites/F2", new
        {
            name = "Renamed", region = "pl", time_zone = "Europe/Warsaw", owner_id = owner, version,
        });

    private async Task SetUpAsync(string site)
    {
        var by = site == "F2" ? _owner.Http : _operator;
        await by.PutAsJsonAsync(
            $"/sites/{site}/grades/g95", new { name = "Super 95", fuel = "petrol", unit = "us_gallon" }).OkAsync();
        await by.PutAsJsonAsync(
            $"/sites/{site}/tanks/T1", new { grade_id = "g95", capacity_thousandths = 10_000_000 }).OkAsync();
        await by.PutAsJsonAsync($"/sites/{site}/pumps/1", new
        {
            nozzles = new[] { new { number = 1, grade_id = "g95", tank_id = "T1" } },
        }).OkAsync();
    }

    private static Task<HttpResponseMessage> PriceAsync(HttpClient by, string site, long price) =>
        by.WriteAsync($"/sites/{site}/prices", new { grade_id = "g95", thousandths_of_minor = price });

    private static Task<HttpResponseMessage> PutAsync(HttpClient by, string path) => by.PutAsync(path, null);

    private static async Task<List<string>> ErrorsAsync(Task<HttpResponseMessage> sent)
    {
        using var answer = await sent;
        var problem = await ServerBed.ReadAsync(answer, HttpStatusCode.UnprocessableEntity);
        Assert.Equal("fields_invalid", (string)problem["code"]!);
        return [.. problem["errors"]!.AsObject().Select(field => field.Key)];
    }

    private async Task<List<string>> AuditAsync()
    {
        var log = await _operator.GetAsync("/audit?limit=200").OkAsync();
        return [.. log["items"]!.AsArray().Select(entry => (string)entry!["what"]!).Reverse()];
    }
}
