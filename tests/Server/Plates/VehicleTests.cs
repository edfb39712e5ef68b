using System.Net;
using System.Net.Http.Json;
using SightPay.Server.Plates;
using Xunit;

namespace SightPay.Server.Tests.Plates;

/// <summary>A plate is registered under consent, by one person at a time, and leaves nothing behind.</summary>
public sealed class VehicleTests : IAsyncLifetime
{
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private TestRider _binod = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(seeing: false);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy");
        _binod = await TestRider.SignUpAsync(_bed, "Binod Das");
    }

    public async Task DisposeAsync()
    {
        _asha.Dispose();
        _binod.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_plate_is_registered_in_its_regions_form_and_shown_to_its_owner()
    {
        await _asha.ConsentAsync("plate");
        var vehicle = await _asha.Http.PostAsJsonAsync("/vehicles", new
        {
            plate = "wb 02 ak 1234", region = "IN", fuel = "diesel", name = " The van ",
        }).CreatedAsync();
        Assert.Equal("WB02AK1234", (string)vehicle["plate"]!);
        Assert.Equal(("in", "diesel", "The van", "owner", 0L, false), (
            (string)vehicle["region"]!, (string)vehicle["fuel"]!, (string)vehicle["name"]!, (string)vehicle["role"]!,
            (long)vehicle["auto_pay_max_minor"]!, (bool)vehicle["disputed"]!));
        Assert.Equal(vehicle.ToJsonString(), Assert.Single(await _asha.VehiclesAsync())!.ToJsonString());
        var found = await _bed.Get<Vehicles>().FindAsync((Guid)vehicle["id"]!, default);
        Assert.Equal((_asha.Id, "WB••••••34"), (found!.Owner, found.MaskedPlate));
        Assert.DoesNotContain("WB02", found.ToString());
        Assert.Equal([found], await _bed.Get<Vehicles>().OfAsync(_asha.Id, default));

        // To say it again is no second vehicle, and no error.
        var again = await _asha.AddAsync("WB-02-AK-1234").OkAsync();
        Assert.Equal((string)vehicle["id"]!, (string)again["id"]!);
        Assert.Single(await _asha.VehiclesAsync());

        var regions = (await _asha.Http.GetAsync("/vehicles/regions").OkAsync())["items"]!.AsArray();
        Assert.Contains("in", regions.Select(region => (string)region!));
        Assert.DoesNotContain("eu", regions.Select(region => (string)region!));
    }

    /// <summary>S3 kept plates of people whom it had never asked.</summary>
    [Fact]
    public async Task S3_ignored_consent_no_plate_is_kept_or_matched_without_it()
    {
        Assert.Equal("consent_missing", await _asha.AddAsync("WB02AK1234").ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal(0L, await ScalarAsync("select count(*) from vehicle"));
        Assert.Equal(0L, await ScalarAsync("select count(*) from person_key where purpose like 'plate:%'"));

        await _asha.RegisterAsync("WB02AK1234");
        Assert.Equal(PlateBand.Accept, (await MatchAsync("WB02AK1234")).Band);
        // Recorded as withdrawn, and nothing erased yet: nobody is recognised any more.
        await ExecuteAsync("update consent set withdrawn_at = now() where purpose = 'plate'");
        Assert.Equal(PlateBand.Reject, (await MatchAsync("WB02AK1234")).Band);
        await ExecuteAsync("update consent set withdrawn_at = null where purpose = 'plate'");

        await _asha.Http.DeleteAsync($"/users/{_asha.Id}/consents/plate").GoneAsync();
        Assert.Equal(PlateBand.Reject, (await MatchAsync("WB02AK1234")).Band);
        Assert.Empty(await _asha.VehiclesAsync());
        Assert.Equal(0L, await ScalarAsync("select count(*) from vehicle"));
        Assert.Equal(0L, await ScalarAsync("select count(*) from person_key where purpose like 'plate:%'"));
        Assert.Equal("consent_missing", await _asha.AddAsync("WB02AK1234").ProblemAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task What_is_no_plate_of_a_country_is_refused_and_so_are_limits_out_of_bounds()
    {
        const string good = "WB02AK1234";
        await _asha.ConsentAsync("plate");
        (object Body, string Field)[] bad =
        [
            (new { plate = "DORADCA", region = "in" }, "plate"),
            (new { plate = "", region = "in" }, "plate"),
            (new { region = "in" }, "plate"),
            (new { plate = good, region = "eu" }, "region"),
            (new { plate = good, region = "atlantis" }, "region"),
            (new { plate = good }, "region"),
            (new { plate = good, region = "in", auto_pay_max_minor = -1 }, "auto_pay_max_minor"),
            (new { plate = good, region = "in", auto_pay_max_minor = 1_000_001 }, "auto_pay_max_minor"),
            (new { plate = good, region = "in", name = new string('x', 41) }, "name"),
            (new { plate = good, region = "in", fuel = 99 }, "fuel"),
        ];
        foreach (var (body, field) in bad)
        {
            using var answer = await _asha.Http.PostAsJsonAsync("/vehicles", body);
            var problem = await ServerBed.ReadAsync(answer, HttpStatusCode.UnprocessableEntity);
            Assert.True(problem["errors"]!.AsObject().ContainsKey(field), $"{field}: {problem.ToJsonString()}");
        }
        Assert.Equal(0L, await ScalarAsync("select count(*) from vehicle"));
    }

    /// <summary>Whoever finds an open phone must not be able to make a car pay by itself.</summary>
    [Fact]
    public async Task To_pay_without_a_tap_needs_a_password_or_pin_and_to_pay_less_needs_nothing()
    {
        await _asha.ConsentAsync("plate");
        Assert.Equal("proof_needed", await _asha.AddAsync("WB02AK1234", autoPayMaxMinor: 50_000, password: null)
            .ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal("password_wrong", await _asha.AddAsync("WB02AK1234", autoPayMaxMinor: 50_000, password: "guessed!")
            .ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Empty(await _asha.VehiclesAsync());
        var vehicle = await _asha.AddAsync("WB02AK1234", autoPayMaxMinor: 50_000).CreatedAsync();
        var route = $"/vehicles/{vehicle["id"]}";

        Task<HttpResponseMessage> Change(long max, string? pin = null) => _asha.Http.PutAsJsonAsync(
            route, new { fuel = "petrol", auto_pay_max_minor = max, name = "Van", pin });
        Assert.Equal("proof_needed", await Change(50_001).ProblemAsync(HttpStatusCode.Forbidden));
        await _asha.ChoosePinAsync("8392");
        Assert.Equal("pin_wrong", await Change(50_001, "1111").ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal(50_001, (long)(await Change(50_001, "8392").OkAsync())["auto_pay_max_minor"]!);
        var lower = await Change(100).OkAsync();
        Assert.Equal(
            (100L, "petrol", "Van"),
            ((long)lower["auto_pay_max_minor"]!, (string)lower["fuel"]!, (string)lower["name"]!));
        Assert.Equal("WB02AK1234", (string)lower["plate"]!);
        Assert.Equal(100, (await _bed.Get<Vehicles>().FindAsync((Guid)vehicle["id"]!, default))!.AutoPayMaxMinor);
    }

    [Fact]
    public async Task A_vehicle_is_its_owners_to_see_and_change()
    {
        var vehicle = await _asha.RegisterAsync("WB02AK1234");
        var route = $"/vehicles/{vehicle["id"]}";
        Assert.Equal("vehicle_not_found", await _binod.Http.GetAsync(route).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("vehicle_not_found", await _binod.Http.DeleteAsync(route).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("vehicle_not_found", await _binod.Http.PutAsJsonAsync(
            route, new { fuel = "diesel", auto_pay_max_minor = 0 }).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("forbidden", await _binod.Http.GetAsync($"/vehicles?user_id={_asha.Id}")
            .ProblemAsync(HttpStatusCode.Forbidden));
        using (var stranger = await _bed.Http.GetAsync(route))
            Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);

        using var staff = await _bed.OperatorAsync();
        Assert.Equal("reader", (string)(await staff.GetAsync(route).OkAsync())["role"]!);
        Assert.Single((await staff.GetAsync($"/vehicles?user_id={_asha.Id}").OkAsync())["items"]!.AsArray());
        Assert.Equal("forbidden", await staff.PutAsJsonAsync(
            route, new { fuel = "diesel", auto_pay_max_minor = 0 }).ProblemAsync(HttpStatusCode.Forbidden));
        await staff.DeleteAsync(route).GoneAsync();
        Assert.Equal(1L, await ScalarAsync("select count(*) from audit_entry where what = 'vehicle_removed'"));
        Assert.Equal("vehicle_not_found", await _asha.Http.GetAsync(route).ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task A_plate_that_is_registered_is_refused_to_others_until_its_owner_gives_it_up()
    {
        var vehicle = await _asha.RegisterAsync("WB02AK1234");
        await _binod.ConsentAsync("plate");
        Assert.Equal("plate_taken", await _binod.AddAsync("WB02AK1234").ProblemAsync(HttpStatusCode.Conflict));
        await _asha.Http.DeleteAsync($"/vehicles/{vehicle["id"]}").GoneAsync();
        Assert.Equal(0L, await ScalarAsync("select count(*) from person_key where purpose like 'plate:%'"));
        await _binod.AddAsync("WB02AK1234").CreatedAsync();
        Assert.Equal(_binod.Id, (await MatchAsync("WB02AK1234")).Vehicle!.Owner);
        Assert.Equal("vehicle_not_found", await _asha.Http.DeleteAsync($"/vehicles/{vehicle["id"]}")
            .ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Of_many_who_register_one_plate_at_once_exactly_one_wins()
    {
        var riders = new List<TestRider>();
        for (var i = 0; i < 8; i++)
        {
            riders.Add(await TestRider.SignUpAsync(_bed, $"Rider {i}"));
            await riders[i].ConsentAsync("plate");
        }
        // Each of them twice: their own second request is the same vehicle.
        var answers = await Task.WhenAll(riders.Concat(riders).Select(rider => rider.AddAsync("WB02AK1234")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(14, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(1L, await ScalarAsync("select count(*) from vehicle"));
        Assert.Equal(1L, await ScalarAsync("select count(*) from person_key where purpose like 'plate:%'"));
        foreach (var answer in answers) answer.Dispose();
        foreach (var rider in riders) rider.Dispose();
    }

    [Fact]
    public async Task Registrations_at_once_do_not_exceed_the_number_a_person_may_have()
    {
        await _asha.ConsentAsync("plate");
        await ExecuteAsync(
            $"""
             insert into vehicle
                 (id, owner, region, plate_hash, fold_hash, sealed, fuel, auto_pay_max_minor, created_at)
             select gen_random_uuid(), '{_asha.Id}', 'in', decode(md5(i::text), 'hex'), 'x', 'x', 'unknown', 0, now()
             from generate_series(1, 198) i
             """);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => _asha.AddAsync($"WB02AK123{i}")));
        Assert.Equal(2, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(200L, await ScalarAsync("select count(*) from vehicle"));
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            Assert.Equal("too_many_vehicles", await ServerBed.CodeAsync(answer, HttpStatusCode.Conflict));
        foreach (var answer in answers) answer.Dispose();
    }

    /// <summary>Neither rows nor events nor audit entries show a plate or a name that somebody gave a car.</summary>
    [Fact]
    public async Task No_table_shows_a_plate()
    {
        await _asha.RegisterAsync("WB02AK1234");
        var other = await _asha.AddAsync("WB02AK9999").CreatedAsync();
        await _asha.Http.PutAsJsonAsync($"/vehicles/{other["id"]}", new
        {
            fuel = "petrol", auto_pay_max_minor = 0, name = "Grandmother",
        }).OkAsync();
        await _binod.ConsentAsync("plate");
        await _binod.ClaimAsync("WB02AK1234").CreatedAsync();
        await MatchAsync("WB02AK1234");
        await using var connection = await _bed.Database.DataSource.OpenConnectionAsync();
        var tables = new List<string>();
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "select tablename::text from pg_tables where schemaname = 'public'";
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        }
        Assert.Contains("vehicle", tables);
        foreach (var table in tables)
        {
            using var copy = await connection.BeginTextExportAsync($"copy \"{table}\" to stdout");
            var text = await copy.ReadToEndAsync();
            foreach (var secret in (string[])["WB02", "AK1234", "AK9999", "Grandmother", "papers"])
            {
                Assert.DoesNotContain(secret, text);
                // As PostgreSQL writes bytes.
                Assert.DoesNotContain(
                    Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(secret)), text);
            }
        }
    }

    [Fact]
    public async Task Vehicles_are_exported_and_erased_with_their_person()
    {
        var vehicle = await _asha.RegisterAsync("WB02AK1234", fuel: "petrol");
        await _binod.RegisterAsync("WB02AK9999");
        await _asha.ClaimAsync("WB02AK9999").CreatedAsync();
        await _binod.Http.PostAsJsonAsync($"/vehicles/{(await _binod.VehiclesAsync())[0]!["id"]}/drivers", new
        {
            email = _asha.Email, max_minor = 100, day_max_minor = 100, password = TestRider.Password,
        }).CreatedAsync();
        var export = await _asha.Http.GetAsync($"/users/{_asha.Id}/export").OkAsync();
        var kept = Assert.Single(export["vehicles"]!.AsArray())!;
        Assert.Equal(((string)vehicle["id"]!, "WB02AK1234", "petrol"),
            ((string)kept["id"]!, (string)kept["plate"]!, (string)kept["fuel"]!));
        Assert.Equal("WB02AK9999", (string)Assert.Single(export["plate_claims"]!.AsArray())!["plate"]!);
        Assert.Equal(100, (int)Assert.Single(export["driving"]!.AsArray())!["max_minor"]!);

        await _asha.Http.DeleteAsync($"/users/{_asha.Id}").GoneAsync();
        Assert.Equal(PlateBand.Reject, (await MatchAsync("WB02AK1234")).Band);
        Assert.Equal(1L, await ScalarAsync("select count(*) from vehicle"));
        Assert.Equal(0L, await ScalarAsync("select count(*) from vehicle_driver"));
        Assert.Equal(0L, await ScalarAsync("select count(*) from plate_claim"));
        Assert.Equal(1L, await ScalarAsync("select count(*) from person_key where purpose like 'plate:%'"));
        // Nobody claims it any more.
        Assert.Equal(PlateBand.Accept, (await MatchAsync("WB02AK9999")).Band);
    }

    [Fact]
    public async Task Asking_of_many_plates_is_slowed_down()
    {
        await _asha.ConsentAsync("plate");
        for (var i = 0; i < 60; i++) await _asha.AddAsync("WB02AK1234").DisposeAsync();
        Assert.Equal(
            "too_many_requests", await _asha.AddAsync("WB02AK1235").ProblemAsync(HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task A_row_copied_to_somebody_else_does_not_open()
    {
        await _asha.RegisterAsync("WB02AK1234");
        await _binod.RegisterAsync("WB02AK9999");
        await ExecuteAsync(
            $"""
             update vehicle set sealed = (select sealed from vehicle where owner = '{_asha.Id}')
             where owner = '{_binod.Id}'
             """);
        await Assert.ThrowsAnyAsync<System.Security.Cryptography.CryptographicException>(
            () => _bed.Get<Vehicles>().OfAsync(_binod.Id, default));
    }

    private Task<PlateMatch> MatchAsync(string text) =>
        _bed.Get<Vehicles>().MatchAsync(TestVehicle.Read(text), default);

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

internal static class Sent
{
    public static async Task DisposeAsync(this Task<HttpResponseMessage> sent) => (await sent).Dispose();
}
