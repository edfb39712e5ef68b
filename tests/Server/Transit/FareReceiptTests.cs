using SightPay.Server.Receipts;
using SightPay.Server.Transit;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Transit;

/// <summary>A journey has one receipt, however it ended.</summary>
public sealed class FareReceiptTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(_clock, seeing: false);

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<ReceiptAudit>().DifferencesAsync(default));
        await _bed.DisposeAsync();
    }

    [Theory]
    [InlineData("S1", 0, "S1 to S1")]
    [InlineData("S4", 1100, "S1 to S4")]
    public async Task A_fare_has_its_receipt_and_a_free_journey_has_one_too(string to, long fareMinor, string text)
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        Assert.Empty(await ReceiptsAsync(rider));
        _clock.Advance(TimeSpan.FromMinutes(12));
        var exit = await rider.SeenAtAsync($"{to}-out");
        await rider.SeenAtAsync($"{to}-out");
        Assert.Equal([(fareMinor, text)], await ReceiptsAsync(rider, (Guid)exit["journey"]!["id"]!));
    }

    [Fact]
    public async Task An_exit_without_an_entry_has_a_receipt_of_the_highest_fare_also_when_it_is_owed()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S2-out");
        Assert.Equal([(2000, "To S2, no entry seen: highest fare")], await ReceiptsAsync(rider));
        using var poor = await TestRider.SignUpAsync(_bed, "Poor Rider", 100);
        await poor.SeenAtAsync("S2-out");
        Assert.Equal([(2000, "To S2, no entry seen: highest fare")], await ReceiptsAsync(poor));
    }

    [Fact]
    public async Task A_journey_that_was_closed_has_a_receipt_of_the_highest_fare_and_a_late_exit_adds_none()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(181));
        await _bed.Get<CloseOverdue>().RunAsync(default);
        await rider.SeenAtAsync("S5-out");
        Assert.Equal([(2000, "From S1, no exit seen: highest fare")], await ReceiptsAsync(rider));
    }

    [Fact]
    public async Task A_lost_journey_has_its_receipt_with_the_next_entry()
    {
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.SeenAtAsync("S1-in");
        _clock.Advance(TimeSpan.FromMinutes(30));
        await rider.SeenAtAsync("S3-in");
        Assert.Equal([(2000, "From S1, no exit seen: highest fare")], await ReceiptsAsync(rider));
    }

    private async Task<List<(long, string)>> ReceiptsAsync(TestRider rider, Guid? subject = null)
    {
        var receipts = await _bed.Get<ReceiptStore>().ListAsync(rider.Id, subject, null, 10, default);
        return
        [
            .. receipts.Where(placed => placed.Receipt.Kind == ReceiptKind.Fare)
                .Select(placed => (placed.Receipt.Amount.AmountMinor, placed.Receipt.Text!)),
        ];
    }
}
