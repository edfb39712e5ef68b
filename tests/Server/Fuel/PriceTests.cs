using System.Net;
using System.Text.Json.Nodes;
using SightPay.Server.Fuel;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>Prices have a history and a schedule and are never changed.</summary>
public sealed class PriceTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private HttpClient _operator = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _operator = await _bed.OperatorAsync();
    }

    public async Task DisposeAsync()
    {
        _operator.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_scheduled_price_takes_effect_at_its_time_and_not_before()
    {
        var at = _clock.GetUtcNow().AddHours(1);
        Assert.Equal("scheduled", (string)(await SetAsync(11_000_000, at).CreatedAsync())["state"]!);
        Assert.Equal(10_541_000, await PetrolAsync(_clock.GetUtcNow()));
        Assert.Equal(10_541_000, await PetrolAsync(at.AddTicks(-1)));
        Assert.Equal(11_000_000, await PetrolAsync(at));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(11_000_000, await PetrolAsync(_clock.GetUtcNow()));
        Assert.Equal(10_541_000, await PetrolAsync(_clock.GetUtcNow().AddSeconds(-1)));
        var history = await HistoryAsync();
        Assert.Equal(["11000000 in_force", "10541000 past"], history.Select(Words));
        // A grade of another unit is not touched by it.
        Assert.Equal(1_850_000, await PriceOfAsync("charge", _clock.GetUtcNow()));
    }

    [Fact]
    public async Task A_price_from_now_on_holds_at_once_and_what_was_sold_before_stays_in_the_list()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("in_force", (string)(await SetAsync(9_999_000).CreatedAsync())["state"]!);
        Assert.Equal(9_999_000, await PetrolAsync(_clock.GetUtcNow()));
        Assert.Equal(["9999000 in_force", "10541000 past"], (await HistoryAsync()).Select(Words));
        var first = await _operator.GetAsync("/sites/F1/prices?grade_id=petrol&limit=1").OkAsync();
        var second = await _operator.GetAsync(
            $"/sites/F1/prices?grade_id=petrol&limit=1&cursor={first["next_cursor"]}").OkAsync();
        Assert.Equal("10541000 past", Words(Assert.Single(second["items"]!.AsArray())));
        Assert.Null(second["next_cursor"]);
    }

    [Fact]
    public async Task A_price_whose_time_has_not_come_may_be_taken_back_and_one_that_holds_may_not()
    {
        var at = _clock.GetUtcNow().AddHours(2);
        var scheduled = await SetAsync(99_000_000, at).CreatedAsync();
        var path = $"/sites/F1/prices/{scheduled["id"]}";
        for (var turn = 0; turn < 2; turn++)
            using (var withdrawn = await _operator.DeleteAsync(path))
                Assert.Equal(HttpStatusCode.NoContent, withdrawn.StatusCode);
        Assert.Equal(10_541_000, await PetrolAsync(at));
        Assert.Equal(["99000000 withdrawn", "10541000 in_force"], (await HistoryAsync()).Select(Words));
        var inForce = (await HistoryAsync())[1]!["id"];
        Assert.Equal("price_in_force", await _operator.DeleteAsync(
            $"/sites/F1/prices/{inForce}").ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("price_not_found", await _operator.DeleteAsync(
            $"/sites/F1/prices/{Guid.Empty}").ProblemAsync(HttpStatusCode.NotFound));
        // Its moment is free again.
        await SetAsync(10_600_000, at).CreatedAsync();
        Assert.Equal(10_600_000, await PetrolAsync(at));
    }

    [Fact]
    public async Task Of_two_who_set_a_price_for_the_same_moment_one_is_told()
    {
        var at = _clock.GetUtcNow().AddHours(3);
        var answers = await Task.WhenAll(
            Enumerable.Range(1, 6).Select(turn => SetAsync(10_000_000 + turn, at)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(5, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal("price_taken", await SetAsync(10_000_009, at).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal(2, (await HistoryAsync()).Count);
    }

    [Fact]
    public async Task A_price_that_is_sent_again_is_the_same_price()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        var key = Guid.CreateVersion7().ToString();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => SetAsync(10_700_000, key: key).CreatedAsync()));
        Assert.Single(answers.Select(answer => answer.ToJsonString()).Distinct());
        Assert.Equal("idempotency_key_reused", await SetAsync(
            10_700_001, key: key).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal(2, (await HistoryAsync()).Count);
    }

    [Fact]
    public async Task A_price_of_the_past_of_nothing_or_for_nothing_is_refused_by_field()
    {
        using var answer = await _operator.WriteAsync("/sites/F1/prices", new
        {
            grade_id = "none", thousandths_of_minor = 0, valid_from = _clock.GetUtcNow().AddSeconds(-1),
        });
        var problem = await ServerBed.ReadAsync(answer, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(
            ["grade_id", "thousandths_of_minor", "valid_from"],
            problem["errors"]!.AsObject().Select(field => field.Key).Order());
        Assert.Equal("fields_invalid", await SetAsync(
            1, _clock.GetUtcNow().AddYears(2)).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Single(await HistoryAsync());
    }

    private Task<HttpResponseMessage> SetAsync(long price, DateTimeOffset? from = null, string? key = null) =>
        _operator.WriteAsync(
            "/sites/F1/prices", new { grade_id = "petrol", thousandths_of_minor = price, valid_from = from }, key);

    private async Task<long> PetrolAsync(DateTimeOffset at) => await PriceOfAsync("petrol", at);

    private async Task<long> PriceOfAsync(string grade, DateTimeOffset at) =>
        (await _bed.Get<Forecourt>().PricesAtAsync("F1", at, default))[grade].ThousandthsOfMinor;

    private async Task<JsonArray> HistoryAsync() =>
        (await _operator.GetAsync("/sites/F1/prices?grade_id=petrol").OkAsync())["items"]!.AsArray();

    private static string Words(JsonNode? price) => $"{price!["thousandths_of_minor"]} {price["state"]}";
}
