using System.Net;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>"That is not my car", said at the counter: nobody is charged who should not be.</summary>
public sealed class NotTheirsTests : IAsyncLifetime
{
    private const string Plate = "WB02AK1234";

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestPump _pump = null!;
    private HttpClient _boss = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, seeing: false);
        _pump = new TestPump(_bed);
        _boss = await _bed.OperatorAsync();
    }

    public async Task DisposeAsync()
    {
        await _bed.AssertBooksAgreeAsync();
        _boss.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_bill_that_is_not_theirs_is_nobodys_and_the_shop_takes_the_money()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate);
        await _pump.SeeAsync(asha.Vehicle);
        var id = await _pump.FillAsync(10_000);
        var nobodys = await _boss.WriteAsync($"/fuel-sessions/{id}/not-theirs").OkAsync();
        Assert.Equal(("unclaimed", "not_me"), ((string)nobodys["state"]!, (string)nobodys["note"]!));
        Assert.Equal("fuel_session_not_found", await asha.Person.Http.GetAsync(
            $"/fuel-sessions/{id}").ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("nobodys", await _boss.WriteAsync(
            $"/fuel-sessions/{id}/not-theirs").ProblemAsync(HttpStatusCode.Conflict));
        await _boss.WriteAsync($"/fuel-sessions/{id}/cash").OkAsync();
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        Assert.Equal(1, await _bed.NumberAsync("select count(*) from audit_entry where what = 'fuel_not_theirs'"));
    }

    [Fact]
    public async Task A_car_that_only_stands_there_frees_the_pump_and_what_was_set_aside()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        var id = (Guid)(await _pump.SeeAsync(asha.Vehicle))["session"]!["id"]!;
        Assert.Equal((500_000, 200_000), await asha.WalletAsync());
        Assert.Equal("declined", (string)(await _boss.WriteAsync(
            $"/fuel-sessions/{id}/not-theirs").OkAsync())["state"]!);
        Assert.Equal((500_000, 0), await asha.WalletAsync());
    }

    [Fact]
    public async Task Two_of_the_staff_at_once_and_a_payer_who_says_yes_leave_one_truth()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate);
        await _pump.SeeAsync(asha.Vehicle);
        var id = await _pump.FillAsync(10_000);
        var answers = await Task.WhenAll(
            asha.SayAsync(id, "confirm"), _boss.WriteAsync($"/fuel-sessions/{id}/not-theirs"),
            _boss.WriteAsync($"/fuel-sessions/{id}/cash"), _boss.WriteAsync($"/fuel-sessions/{id}/drive-off"));
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.All(answers, answer => Assert.True((int)answer.StatusCode < 500));
        var state = (string)(await _boss.GetAsync($"/fuel-sessions/{id}").OkAsync())["state"]!;
        var paid = 500_000 - (await asha.WalletAsync()).Balance;
        Assert.True(
            state == "paid" ? paid == 105_410 : paid == 0, $"{state} and {paid} were taken.");
    }
}
