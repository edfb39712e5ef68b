using SightPay.Ledger;
using SightPay.Server.Payments;
using Xunit;

namespace SightPay.Server.Tests.Payments;

public sealed class FaceSpendTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private const long Cap = 200_00;
    private static readonly DateOnly Today = new(2026, 3, 2);

    private readonly InnerServer _server = fixture.Server;
    private readonly Guid _person = Ids.Next(TimeProvider.System);

    [Fact]
    public async Task Spending_up_to_the_cap_is_free_and_beyond_it_asks()
    {
        Assert.Null(await SpendAsync(150_00));
        Assert.Null(await SpendAsync(50_00));
        Assert.Equal("step_up_required", await SpendAsync(1));
        Assert.Equal(Cap, await SpentAsync(Today));
    }

    [Fact]
    public async Task A_hold_captured_for_less_gives_room_again()
    {
        await SpendAsync(Cap);
        Assert.Null(await SpendAsync(-180_00));
        Assert.Null(await SpendAsync(180_00));
        Assert.Equal("step_up_required", await SpendAsync(1));
    }

    [Fact]
    public async Task Who_passed_a_challenge_has_no_cap_and_each_day_counts_for_itself()
    {
        Assert.Null(await SpendAsync(900_00, cap: null));
        Assert.Equal("step_up_required", await SpendAsync(1));
        Assert.Null(await SpendAsync(Cap, Today.AddDays(1)));
        Assert.Equal(900_00, await SpentAsync(Today));
    }

    [Fact]
    public async Task A_decrease_below_zero_stops_at_zero()
    {
        await SpendAsync(10_00);
        Assert.Null(await SpendAsync(-30_00));
        Assert.Equal(0, await SpentAsync(Today));
    }

    [Fact]
    public async Task Many_charges_at_once_never_pass_the_cap()
    {
        var ends = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SpendAsync(10_00)));
        Assert.Equal(20, ends.Count(end => end is null));
        Assert.Equal(30, ends.Count(end => end == "step_up_required"));
        Assert.Equal(Cap, await SpentAsync(Today));
    }

    private Task<long> SpentAsync(DateOnly day) => _server.ScalarAsync<long>(
        "select spent_minor from face_spend where person_id = $1 and day = $2", _person, day);

    /// <returns>The refusal's code; null when it was committed.</returns>
    private async Task<string?> SpendAsync(long deltaMinor, DateOnly? day = null, long? cap = Cap)
    {
        var result = await _server.Get<GeneralLedger>().SubmitAsync(new Act
        {
            Id = Ids.Next(TimeProvider.System),
            Fingerprint = new byte[32],
            Plans =
            [
                new Plan
                {
                    Rows = [new FaceSpendRow(_person, day ?? Today, deltaMinor, cap)],
                    Compose = _ => new Answer(200, "{}"),
                },
            ],
            Refuse = refusal => new Answer(409, refusal.Code),
        }, default);
        return result.RefusalCode;
    }
}
