using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>Whoever runs a site asks people by e-mail address, learns nothing about who has an account, and nobody
/// works anywhere without having said so.</summary>
public sealed class InviteStaffTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private HttpClient _operator = null!;
    private TestRider _owner = null!;
    private TestRider _asked = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _operator = await _bed.OperatorAsync();
        _owner = await TestRider.SignUpAsync(_bed, "Olga Owner");
        _asked = await TestRider.SignUpAsync(_bed, "Farid Forecourt");
        await _bed.GiveRolesAsync(_owner.Id, "customer", "forecourt");
        await _bed.GiveRolesAsync(_asked.Id, "customer", "forecourt");
        await OpenAsync("F2", _owner.Id);
    }

    public async Task DisposeAsync()
    {
        _operator.Dispose();
        _owner.Dispose();
        _asked.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task Who_is_asked_by_address_works_there_once_they_say_yes()
    {
        await AskAsync(_owner.Http, _asked.Email.ToUpperInvariant());
        await _asked.Http.GetAsync("/sites/F2").ProblemAsync(HttpStatusCode.NotFound);
        var asked = Assert.Single(await AskedAsync())!;
        Assert.Equal(("F2", "Site F2"), ((string)asked["site_id"]!, (string)asked["site_name"]!));
        Assert.Empty(await StaffAsync());

        await AnswerAsync("/site-invitations/F2/accept", HttpStatusCode.NoContent);
        Assert.Equal("work", (string)(await _asked.Http.GetAsync("/sites/F2").OkAsync())["right"]!);
        Assert.Equal(_asked.Id, (Guid)Assert.Single(await StaffAsync())!["user_id"]!);
        // It is answered: a second yes, and asking whoever works there already, change nothing.
        await AnswerAsync("/site-invitations/F2/accept", HttpStatusCode.NotFound);
        await AskAsync(_owner.Http, _asked.Email);
        Assert.Empty(await AskedAsync());
        var log = (await _operator.GetAsync("/audit?limit=200").OkAsync())["items"]!.AsArray();
        Assert.Equal(
            ["site_staff_joined", "site_staff_invited"],
            log.Select(entry => (string)entry!["what"]!)
                .Where(what => what.StartsWith("site_staff", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_address_without_an_account_gets_the_same_answer_and_leaves_nothing_behind()
    {
        var known = await AskAsync(_owner.Http, _asked.Email);
        var unknown = await AskAsync(_owner.Http, "nobody.at.all@example.org");
        Assert.Equal(known.ToJsonString(), unknown.ToJsonString());
        Assert.Equal(1, await _bed.NumberAsync("select count(*) from fuel_invitation"));
        foreach (var email in (string?[])["", "farid", "a b@example.org", null])
        {
            using var refused = await _owner.Http.PostAsJsonAsync("/sites/F2/invitations", new { email });
            var problem = await ServerBed.ReadAsync(refused, HttpStatusCode.UnprocessableEntity);
            Assert.Equal("email", Assert.Single(problem["errors"]!.AsObject()).Key);
        }
    }

    [Fact]
    public async Task Addresses_cannot_be_tried_out_without_end()
    {
        for (var turn = 0; turn < 30; turn++) await AskAsync(_owner.Http, $"guess{turn}@example.org");
        Assert.Equal("too_many_requests", await _owner.Http.PostAsJsonAsync(
            "/sites/F2/invitations", new { email = "guess@example.org" }).ProblemAsync(HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task Who_says_yes_elsewhere_leaves_where_they_were_and_nobody_takes_them_away_without()
    {
        await _operator.PutAsync($"/sites/F1/staff/{_asked.Id}", null).OkAsync();
        await AskAsync(_owner.Http, _asked.Email);
        Assert.Equal("F1", await WorksAtAsync());
        await AnswerAsync("/site-invitations/F2/accept", HttpStatusCode.NoContent);
        Assert.Equal("F2", await WorksAtAsync());
    }

    [Fact]
    public async Task A_no_and_two_weeks_of_silence_end_it_and_somebody_elses_is_nobodys()
    {
        await AskAsync(_owner.Http, _asked.Email);
        using (var others = await _owner.Http.PostAsync("/site-invitations/F2/accept", null))
            Assert.Equal(HttpStatusCode.NotFound, others.StatusCode);
        using (var declined = await _asked.Http.DeleteAsync("/site-invitations/F2"))
            Assert.Equal(HttpStatusCode.NoContent, declined.StatusCode);
        Assert.Empty(await AskedAsync());

        await AskAsync(_operator, _asked.Email);
        _clock.Advance(TimeSpan.FromDays(15));
        _asked.Http.DefaultRequestHeaders.Authorization = new(
            "Bearer", await _bed.TokenAsync(_asked.Email, TestRider.Password));
        Assert.Empty(await AskedAsync());
        await AnswerAsync("/site-invitations/F2/accept", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Two_sites_that_are_accepted_at_once_leave_one_place_of_work()
    {
        await OpenAsync("F3", null);
        await AskAsync(_owner.Http, _asked.Email);
        await AskAsync(_operator, _asked.Email, "F3");
        await Task.WhenAll(((string[])["F2", "F3"]).Select(site => AnswerAsync(
            $"/site-invitations/{site}/accept", HttpStatusCode.NoContent)));
        Assert.Equal(1, await _bed.NumberAsync($"select count(*) from fuel_staff where person = '{_asked.Id}'"));
    }

    private async Task OpenAsync(string id, Guid? owner) => await _operator.PostAsJsonAsync("/sites", new
    {
        id, name = $"Site {id}", region = "pl", time_zone = "Europe/Warsaw", owner_id = owner,
    }).CreatedAsync();

    private static async Task<JsonNode> AskAsync(HttpClient by, string email, string site = "F2")
    {
        using var answer = await by.PostAsJsonAsync($"/sites/{site}/invitations", new { email });
        return await ServerBed.ReadAsync(answer, HttpStatusCode.Accepted);
    }

    private async Task AnswerAsync(string path, HttpStatusCode expected)
    {
        using var answer = await _asked.Http.PostAsync(path, null);
        Assert.Equal(expected, answer.StatusCode);
    }

    private async Task<JsonArray> AskedAsync() =>
        (await _asked.Http.GetAsync("/site-invitations").OkAsync())["items"]!.AsArray();

    private async Task<JsonArray> StaffAsync() =>
        (await _owner.Http.GetAsync("/sites/F2/staff").OkAsync())["items"]!.AsArray();

    private async Task<string> WorksAtAsync() => (string)Assert.Single(
        (await _asked.Http.GetAsync("/sites").OkAsync())["items"]!.AsArray())!["id"]!;
}
