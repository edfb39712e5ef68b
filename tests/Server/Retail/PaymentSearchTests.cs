using System.Globalization;
using System.Net;
using SightPay.Ledger;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Retail;

/// <summary>Operators find payments by payer, merchant, state and day; a person finds among their own.</summary>
public sealed class PaymentSearchTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private HttpClient _operator = null!;
    private TestRider _asha = null!;
    private TestRider _ravi = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _operator = await _bed.OperatorAsync();
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        _ravi = await TestRider.SignUpAsync(_bed, "Ravi Das", 10_000);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _operator.Dispose();
        _asha.Dispose();
        _ravi.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task Conditions_narrow_the_list_and_all_of_them_count()
    {
        var first = await AskAsync(_asha);
        await _asha.Http.WriteAsync($"/transactions/{first}/confirm").OkAsync();
        _clock.Advance(TimeSpan.FromDays(1));
        var second = await AskAsync(_asha);
        var third = await AskAsync(_ravi);
        var day = _clock.GetUtcNow().AddHours(-1);

        Assert.Equal([third, second, first], await FindAsync(_operator, ""));
        Assert.Equal([second, first], await FindAsync(_operator, $"user_id={_asha.Id}"));
        Assert.Equal([first], await FindAsync(_operator, "status=captured"));
        Assert.Equal([third, second], await FindAsync(_operator, $"from={Text(day)}"));
        Assert.Equal([first], await FindAsync(_operator, $"to={Text(day)}"));
        Assert.Equal([third, second, first], await FindAsync(_operator, "merchant_id=canteen"));
        Assert.Empty(await FindAsync(_operator, "merchant_id=kiosk"));
        Assert.Equal([second], await FindAsync(
            _operator, $"user_id={_asha.Id}&merchant_id=canteen&status=awaiting_confirmation&from={Text(day)}"));
    }

    [Fact]
    public async Task A_payment_whose_time_is_over_is_found_as_expired_before_that_is_written_down()
    {
        var asked = await AskAsync(_asha);
        Assert.Equal([asked], await FindAsync(_operator, "status=awaiting_confirmation"));
        // The clock alone: what writes it down runs later, or never ran yet.
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal([asked], await FindAsync(_operator, "status=expired"));
        Assert.Empty(await FindAsync(_operator, "status=awaiting_confirmation"));
    }

    [Fact]
    public async Task Pages_of_a_search_follow_one_another()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++) ids.Add(await AskAsync(_asha));
        await AskAsync(_ravi);
        using var answer = await _operator.GetAsync($"/transactions?user_id={_asha.Id}&limit=2");
        var page = await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
        Assert.Equal(2, page["items"]!.AsArray().Count);
        Assert.Equal([ids[0]], await FindAsync(
            _operator, $"user_id={_asha.Id}&limit=2&cursor={Uri.EscapeDataString((string)page["next_cursor"]!)}"));
    }

    [Fact]
    public async Task A_person_finds_among_their_own_alone()
    {
        await AskAsync(_ravi);
        var own = await AskAsync(_asha);
        Assert.Equal([own], await FindAsync(_asha.Http, "merchant_id=canteen"));
        using var others = await _asha.Http.GetAsync($"/transactions?user_id={_ravi.Id}&status=captured");
        Assert.Equal("forbidden", await ServerBed.CodeAsync(others, HttpStatusCode.Forbidden));
    }

    [Theory]
    [InlineData("status=paid", HttpStatusCode.UnprocessableEntity)]
    [InlineData("user_id=asha", HttpStatusCode.NotFound)]
    [InlineData("from=yesterday", HttpStatusCode.BadRequest)]
    public async Task A_condition_that_is_none_is_refused(string query, HttpStatusCode status)
    {
        using var answer = await _operator.GetAsync($"/transactions?{query}");
        Assert.Equal(status, answer.StatusCode);
    }

    private async Task<Guid> AskAsync(TestRider payer) => (Guid)(await _bed.AskedAsync(payer.Id, 100))["id"]!;

    private static async Task<Guid[]> FindAsync(HttpClient http, string query)
    {
        using var answer = await http.GetAsync($"/transactions?{query}");
        var page = await ServerBed.ReadAsync(answer, HttpStatusCode.OK);
        return [.. page["items"]!.AsArray().Select(item => (Guid)item!["id"]!)];
    }

    private static string Text(DateTimeOffset at) =>
        Uri.EscapeDataString(at.ToString("O", CultureInfo.InvariantCulture));
}
