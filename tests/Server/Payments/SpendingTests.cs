using SightPay.Ledger;
using SightPay.Server.Payments;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>The counts of a day, as the ledger's writer keeps them.</summary>
public sealed class SpendingTests(InnerServerFixture fixture) : IClassFixture<InnerServerFixture>
{
    private static readonly DateOnly Today = new(2026, 3, 2);
    private static readonly SpendingLimit Face = new(SpentBy.Face, 150_00, 200_00, 20);
    private static readonly SpendingLimit Consent = new(SpentBy.Consent, 900_00, 900_00, 20);

    private readonly InnerServer _server = fixture.Server;
    private readonly Guid _person = Ids.Next(TimeProvider.System);

    [Fact]
    public async Task Spending_up_to_the_days_limit_is_free_and_beyond_it_asks()
    {
        Assert.Null(await SpendAsync(150_00));
        Assert.Null(await SpendAsync(50_00));
        Assert.Equal("step_up_required", await SpendAsync(1));
        Assert.Equal(200_00, await SpentAsync(Today, SpentBy.Face));
    }

    [Fact]
    public async Task One_payment_beyond_its_limit_asks_on_a_fresh_day_too()
    {
        Assert.Equal("step_up_required", await SpendAsync(150_01));
        Assert.Null(await SpendAsync(150_00));
    }

    [Fact]
    public async Task So_many_payments_a_day_and_no_more()
    {
        for (var i = 0; i < 20; i++) Assert.Null(await SpendAsync(1));
        Assert.Equal("step_up_required", await SpendAsync(1));
        Assert.Null(await SpendAsync(-1, payments: -1));
        Assert.Null(await SpendAsync(1));
    }

    [Fact]
    public async Task A_hold_captured_for_less_gives_room_again()
    {
        await SpendAsync(150_00);
        await SpendAsync(50_00);
        Assert.Null(await SpendAsync(-140_00, payments: 0, anyway: true));
        Assert.Null(await SpendAsync(140_00));
        Assert.Equal("step_up_required", await SpendAsync(1));
    }

    [Fact]
    public async Task A_decrease_below_zero_stops_at_zero()
    {
        await SpendAsync(10_00);
        Assert.Null(await SpendAsync(-30_00, payments: -2, anyway: true));
        Assert.Equal(0, await SpentAsync(Today, SpentBy.Face));
    }

    [Fact]
    public async Task Face_and_consent_and_each_day_count_for_themselves()
    {
        Assert.Null(await SpendAsync(900_00, limit: Consent));
        Assert.Equal("limit_exceeded", await SpendAsync(1, limit: Consent));
        Assert.Null(await SpendAsync(150_00));
        Assert.Null(await SpendAsync(150_00, Today.AddDays(1)));
        Assert.Equal((150_00, 900_00), (
            await SpentAsync(Today, SpentBy.Face), await SpentAsync(Today, SpentBy.Consent)));
    }

    [Fact]
    public async Task What_is_not_asked_is_counted_all_the_same()
    {
        Assert.Null(await SpendAsync(500_00, anyway: true));
        Assert.Equal("step_up_required", await SpendAsync(1));
    }

    [Fact]
    public async Task Many_charges_at_once_never_pass_the_limit()
    {
        var ends = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SpendAsync(15_00)));
        Assert.Equal(13, ends.Count(end => end is null));
        Assert.Equal(37, ends.Count(end => end == "step_up_required"));
        Assert.Equal(195_00, await SpentAsync(Today, SpentBy.Face));
    }

    [Fact]
    public async Task A_persons_own_limits_hold_for_their_face_from_the_first_payment_on()
    {
        await _server.ExecuteAsync("insert into own_limit values ($1, 10, 25)", _person);
        Assert.Equal("step_up_required", await SpendAsync(11));
        Assert.Null(await SpendAsync(10));
        Assert.Null(await SpendAsync(10));
        Assert.Equal("step_up_required", await SpendAsync(6));
        Assert.Null(await SpendAsync(5));
        Assert.Null(await SpendAsync(500_00, limit: Consent));
    }

    private Task<long> SpentAsync(DateOnly day, SpentBy by) => _server.ScalarAsync<long>(
        "select spent_minor from spending where person = $1 and day = $2 and spent_by = $3", _person, day,
        by == SpentBy.Face ? "face" : "consent");

    /// <returns>The refusal's code; null when it was committed.</returns>
    private async Task<string?> SpendAsync(
        long amountMinor, DateOnly? day = null, SpendingLimit? limit = null, int payments = 1,
        bool anyway = false)
    {
        var within = limit ?? Face;
        var result = await _server.Get<GeneralLedger>().SubmitAsync(new Act
        {
            Id = Ids.Next(TimeProvider.System),
            Fingerprint = new byte[32],
            Plans =
            [
                new Plan
                {
                    Rows =
                    [
                        new SpendingRow(
                            _person, day ?? Today, within.By, amountMinor, payments, anyway ? null : within),
                    ],
                    Compose = _ => new Answer(200, "{}"),
                },
            ],
            Refuse = refusal => new Answer(409, refusal.Code),
        }, default);
        return result.RefusalCode;
    }
}
