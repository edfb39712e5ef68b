using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Server.Events;
using SightPay.Server.Plates;
using Xunit;

namespace SightPay.Server.Tests.Plates;

/// <summary>A plate registered twice: the second person claims it, it asks meanwhile, and an operator decides.
/// </summary>
public sealed class ClaimTests : IAsyncLifetime
{
    private const string Plate = "WB02AK1234";

    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private TestRider _binod = null!;
    private HttpClient _operator = null!;
    private Guid _vehicle;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(seeing: false);
        _operator = await _bed.OperatorAsync();
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy");
        _binod = await TestRider.SignUpAsync(_bed, "Binod Das");
        _vehicle = (Guid)(await _asha.RegisterAsync(Plate, autoPayMaxMinor: 50_000))["id"]!;
        await _binod.ConsentAsync("plate");
    }

    public async Task DisposeAsync()
    {
        _operator.Dispose();
        _asha.Dispose();
        _binod.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task While_a_claim_is_open_the_plate_asks_and_both_hear_of_it()
    {
        using var feed = _bed.Get<EventFeed>().Subscribe(new HashSet<string>
        {
            OutboxRow.PersonTopic(_asha.Id), OutboxRow.PersonTopic(_binod.Id), OutboxRow.Operations,
        });
        var claim = await _binod.ClaimAsync(Plate).CreatedAsync();
        Assert.Equal("open", (string)claim["state"]!);
        var match = await MatchAsync();
        Assert.Equal(PlateBand.Ask, match.Band);
        Assert.Equal([_vehicle], match.Candidates.Select(candidate => candidate.Id));
        Assert.True((bool)Assert.Single(await _asha.VehiclesAsync())!["disputed"]!);

        var heard = new List<string>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (heard.Count < 3)
        {
            var told = await feed.Reader.ReadAsync(patience.Token);
            Assert.DoesNotContain(Plate, told.Payload);
            heard.Add(string.Join(' ', told.Topic, told.Kind, (string?)JsonNode.Parse(told.Payload)!["what"]).Trim());
        }
        Assert.Equal(
            [
                $"{OutboxRow.Operations} plate_claim", $"{OutboxRow.PersonTopic(_asha.Id)} vehicle claimed",
                $"{OutboxRow.PersonTopic(_binod.Id)} vehicle claim_opened",
            ], heard);
    }

    [Fact]
    public async Task Upheld_the_plate_is_the_claimants_at_once_and_nothing_else_is()
    {
        var claim = await _binod.ClaimAsync(Plate).CreatedAsync();
        var waiting = Assert.Single(await QueueAsync())!;
        Assert.Equal(
            (Plate, _binod.Email, _asha.Email),
            ((string)waiting["plate"]!, (string)waiting["claimant"]!["email"]!, (string)waiting["owner"]!["email"]!));
        Assert.Contains("papers", (string)waiting["reason"]!);

        var decided = await ResolveAsync(claim, "claimant").OkAsync();
        Assert.Equal("upheld", (string)decided["state"]!);
        var match = await MatchAsync();
        Assert.Equal((PlateBand.Accept, _binod.Id), (match.Band, match.Vehicle!.Owner));
        Assert.Equal((Guid)decided["vehicle_id"]!, match.Vehicle.Id);
        Assert.Equal(0, match.Vehicle.AutoPayMaxMinor);
        Assert.Empty(await _asha.VehiclesAsync());
        Assert.Empty(await QueueAsync());
        var theirs = Assert.Single(await ClaimsOfAsync(_binod))!;
        Assert.Equal(
            ("upheld", "The papers are in order."), ((string)theirs["state"]!, (string)theirs["decision"]!));
        Assert.Equal("claim_closed", await ResolveAsync(claim, "owner").ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal(1L, await ScalarAsync("select count(*) from audit_entry where what = 'plate_claim_upheld'"));
        Assert.Equal("plate_taken", await _asha.AddAsync(Plate).ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Rejected_it_pays_as_before()
    {
        var claim = await _binod.ClaimAsync(Plate).CreatedAsync();
        Assert.Equal("rejected", (string)(await ResolveAsync(claim, "owner").OkAsync())["state"]!);
        var match = await MatchAsync();
        Assert.Equal((PlateBand.Accept, _vehicle, 50_000L), (
            match.Band, match.Vehicle!.Id, match.Vehicle.AutoPayMaxMinor));
        Assert.Equal(1L, await ScalarAsync("select count(*) from audit_entry where what = 'plate_claim_rejected'"));
    }

    /// <summary>Sold: the owner gives it up, whoever claimed it hears of that and registers at once.</summary>
    [Fact]
    public async Task A_sold_car_is_released_and_its_next_owner_registers_at_once()
    {
        await _binod.ClaimAsync(Plate).CreatedAsync();
        await _asha.Http.DeleteAsync($"/vehicles/{_vehicle}").GoneAsync();
        Assert.Equal("released", (string)Assert.Single(await ClaimsOfAsync(_binod))!["state"]!);
        Assert.Empty(await QueueAsync());
        await _binod.AddAsync(Plate).CreatedAsync();
        Assert.Equal((PlateBand.Accept, _binod.Id), ((await MatchAsync()).Band, (await MatchAsync()).Vehicle!.Owner));
    }

    [Fact]
    public async Task A_claim_that_is_taken_back_is_over()
    {
        var claim = await _binod.ClaimAsync(Plate).CreatedAsync();
        var route = $"/vehicles/claims/{claim["id"]}";
        Assert.Equal("claim_not_found", await _asha.Http.DeleteAsync(route).ProblemAsync(HttpStatusCode.NotFound));
        await _binod.Http.DeleteAsync(route).GoneAsync();
        Assert.Equal(PlateBand.Accept, (await MatchAsync()).Band);
        Assert.Equal("claim_closed", await _binod.Http.DeleteAsync(route).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("claim_closed", await ResolveAsync(claim, "claimant").ProblemAsync(HttpStatusCode.Conflict));
        await _binod.ClaimAsync(Plate).CreatedAsync();
    }

    [Fact]
    public async Task A_claim_without_consent_ends_with_it()
    {
        var claim = await _binod.ClaimAsync(Plate).CreatedAsync();
        await _binod.Http.DeleteAsync($"/users/{_binod.Id}/consents/plate").GoneAsync();
        Assert.Equal(0L, await ScalarAsync("select count(*) from plate_claim"));
        Assert.Equal(PlateBand.Accept, (await MatchAsync()).Band);
        Assert.Equal("claim_not_found", await ResolveAsync(claim, "claimant").ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("consent_missing", await _binod.ClaimAsync(Plate).ProblemAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task What_cannot_be_claimed_is_refused()
    {
        Assert.Equal("plate_free", await _binod.ClaimAsync("WB02AK9999").ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("own_vehicle", await _asha.ClaimAsync(Plate).ProblemAsync(HttpStatusCode.Conflict));
        await _binod.ClaimAsync(Plate).CreatedAsync();
        Assert.Equal("claim_open", await _binod.ClaimAsync(Plate).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("fields_invalid", await _binod.Http.PostAsJsonAsync(
            "/vehicles/claims", new { plate = Plate, region = "in", reason = "mine" })
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        for (var i = 1; i < 5; i++)
        {
            await _asha.AddAsync($"WB02AK000{i}").CreatedAsync();
            await _binod.ClaimAsync($"WB02AK000{i}").CreatedAsync();
        }
        await _asha.AddAsync("WB02AK0009").CreatedAsync();
        Assert.Equal("too_many_claims", await _binod.ClaimAsync("WB02AK0009").ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Operators_alone_decide_and_none_on_their_own_claim()
    {
        var claim = await _binod.ClaimAsync(Plate).CreatedAsync();
        var route = $"/vehicles/claims/{claim["id"]}/resolve";
        var body = new { outcome = "claimant", reason = "The papers are in order." };
        Assert.Equal(
            "forbidden", await _asha.Http.PostAsJsonAsync(route, body).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal("forbidden", await _asha.Http.GetAsync($"/vehicles/claims?user_id={_binod.Id}")
            .ProblemAsync(HttpStatusCode.Forbidden));
        // A person without staff's roles sees their own, whatever they ask for.
        Assert.Empty((await _asha.Http.GetAsync("/vehicles/claims").OkAsync())["items"]!.AsArray());
        await _bed.GiveRolesAsync(_binod.Id, "customer", "manager");
        Assert.Equal(
            "forbidden", await _binod.Http.PostAsJsonAsync(route, body).ProblemAsync(HttpStatusCode.Forbidden));
        await _bed.GiveRolesAsync(_asha.Id, "customer", "manager");
        Assert.Equal(
            "forbidden", await _asha.Http.PostAsJsonAsync(route, body).ProblemAsync(HttpStatusCode.Forbidden));
        Assert.Equal("fields_invalid", await _operator.PostAsJsonAsync(route, new { reason = "The papers are here." })
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        await _operator.PostAsJsonAsync(route, body).OkAsync();
    }

    [Fact]
    public async Task Of_two_decisions_at_once_one_counts()
    {
        var claim = await _binod.ClaimAsync(Plate).CreatedAsync();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => ResolveAsync(claim, i % 2 == 0 ? "claimant" : "owner")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(1L, await ScalarAsync("select count(*) from vehicle"));
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task Others_who_claim_the_same_plate_claim_it_from_its_new_owner()
    {
        using var chitra = await TestRider.SignUpAsync(_bed, "Chitra Sen");
        await chitra.ConsentAsync("plate");
        var first = await _binod.ClaimAsync(Plate).CreatedAsync();
        var second = await chitra.ClaimAsync(Plate).CreatedAsync();
        await ResolveAsync(first, "claimant").OkAsync();
        Assert.Equal(PlateBand.Ask, (await MatchAsync()).Band);
        Assert.Equal(_binod.Email, (string)Assert.Single(await QueueAsync())!["owner"]!["email"]!);
        await ResolveAsync(second, "claimant").OkAsync();
        Assert.Equal((PlateBand.Accept, chitra.Id), ((await MatchAsync()).Band, (await MatchAsync()).Vehicle!.Owner));
    }

    private Task<HttpResponseMessage> ResolveAsync(JsonObject claim, string outcome) => _operator.PostAsJsonAsync(
        $"/vehicles/claims/{claim["id"]}/resolve", new { outcome, reason = "The papers are in order." });

    private async Task<JsonArray> QueueAsync() =>
        (await _operator.GetAsync("/vehicles/claims").OkAsync())["items"]!.AsArray();

    private static async Task<JsonArray> ClaimsOfAsync(TestRider person) =>
        (await person.Http.GetAsync($"/vehicles/claims?user_id={person.Id}").OkAsync())["items"]!.AsArray();

    private Task<PlateMatch> MatchAsync() => _bed.Get<Vehicles>().MatchAsync(TestVehicle.Read(Plate), default);

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _bed.Database.DataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
