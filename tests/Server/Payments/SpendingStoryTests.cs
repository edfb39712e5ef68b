using System.Net;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Payments;
using SightPay.Server.Receipts;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>Limits over HTTP: what a day has counted follows the money.</summary>
public sealed class SpendingStoryTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock, payments: settings => settings with
        {
            Spending = new() { Consent = new(SpentBy.Consent, 500, 800, 3) },
        });
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 100_000);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        Assert.Empty(await _bed.Get<ReceiptAudit>().DifferencesAsync(default));
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_yes_goes_as_far_as_the_limits_of_a_payment_a_day_and_their_number()
    {
        await RefusedAsync(501);
        await PaidAsync(500);
        await RefusedAsync(301);
        await PaidAsync(299);
        await PaidAsync(1);
        _clock.Advance(TimeSpan.FromDays(1));
        await PaidAsync(1);
        await PaidAsync(1);
        await PaidAsync(1);
        await RefusedAsync(1);
    }

    [Fact]
    public async Task Two_tills_at_once_never_exceed_the_day_together()
    {
        var asked = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _bed.AskedAsync(_asha.Id, 300)));
        var answers = await Task.WhenAll(asked.Select(payment => ConfirmAsync(payment)));
        Assert.Equal(2, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(10, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(100_000 - 600, (await _asha.WalletAsync()).Balance);
        Assert.Equal((600, 2), await CountedAsync());
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task Money_that_goes_back_gives_room_again_on_the_day_it_was_spent()
    {
        using var staff = await _bed.OperatorAsync();
        var paid = await PaidAsync(500);
        await staff.WriteAsync($"/transactions/{paid["id"]}/refunds", new
        {
            amount = new { amount_minor = 200, currency = "INR" }, reason = "Wrong item",
        }).CreatedAsync();
        Assert.Equal((300, 1), await CountedAsync());
        await staff.WriteAsync($"/transactions/{paid["id"]}/refunds", new { reason = "All of it" }).CreatedAsync();
        Assert.Equal((0, 0), await CountedAsync());
        await PaidAsync(500);
        Assert.Equal((500, 1), await CountedAsync());
    }

    [Fact]
    public async Task What_is_set_aside_counts_until_less_is_taken_or_it_is_let_be()
    {
        var first = await AuthorisedAsync(500);
        Assert.Equal((500, 1), await CountedAsync());
        await _bed.TillAsync($"/transactions/{first["id"]}/capture", new
        {
            amount = new { amount_minor = 100, currency = "INR" },
        }).OkAsync();
        Assert.Equal((100, 1), await CountedAsync());
        var second = await AuthorisedAsync(500);
        Assert.Equal((600, 2), await CountedAsync());
        await _bed.TillAsync($"/transactions/{second["id"]}/cancel").OkAsync();
        Assert.Equal((100, 1), await CountedAsync());
    }

    [Fact]
    public async Task A_refused_yes_leaves_the_payment_waiting()
    {
        var payment = await RefusedAsync(501);
        Assert.Equal("awaiting_confirmation", await _asha.StatusAsync(payment));
        Assert.Equal((100_000, 501), await _asha.WalletAsync());
    }

    private async Task<JsonObject> PaidAsync(long amountMinor)
    {
        var payment = await _bed.AskedAsync(_asha.Id, amountMinor);
        await ConfirmAsync(payment).OkAsync();
        return payment;
    }

    private async Task<JsonObject> AuthorisedAsync(long amountMinor)
    {
        var payment = await _bed.AskedAsync(_asha.Id, amountMinor, capture: "later");
        await ConfirmAsync(payment).OkAsync();
        return payment;
    }

    private async Task<JsonObject> RefusedAsync(long amountMinor)
    {
        var payment = await _bed.AskedAsync(_asha.Id, amountMinor);
        Assert.Equal("limit_exceeded", await ConfirmAsync(payment).ProblemAsync(HttpStatusCode.Conflict));
        return payment;
    }

    private Task<HttpResponseMessage> ConfirmAsync(JsonObject payment) =>
        _asha.Http.WriteAsync($"/transactions/{payment["id"]}/confirm");

    private async Task<(long Minor, int Payments)> CountedAsync()
    {
        await using var command = _bed.Database.DataSource.CreateCommand(
            "select spent_minor, payments from spending where spent_by = 'consent'");
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return (reader.GetInt64(0), reader.GetInt32(1));
    }
}
