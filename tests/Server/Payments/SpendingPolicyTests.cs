using SightPay.Server.Payments;
using SightPay.Server.People;
using Xunit;

namespace SightPay.Server.Tests.Payments;

/// <summary>Every cell of the table.</summary>
public sealed class SpendingPolicyTests
{
    private static readonly SpendingSettings Settings = new();

    [Theory]
    [InlineData(Sight.None, StepUp.None, "nothing")]
    [InlineData(Sight.None, StepUp.PhoneDigits, "nothing")]
    [InlineData(Sight.None, StepUp.Pin, "consent")]
    [InlineData(Sight.None, StepUp.SignedIn, "consent")]
    [InlineData(Sight.Asked, StepUp.None, "nothing")]
    [InlineData(Sight.Asked, StepUp.PhoneDigits, "face")]
    [InlineData(Sight.Asked, StepUp.Pin, "consent")]
    [InlineData(Sight.Asked, StepUp.SignedIn, "consent")]
    [InlineData(Sight.Accepted, StepUp.None, "face")]
    [InlineData(Sight.Accepted, StepUp.PhoneDigits, "face")]
    [InlineData(Sight.Accepted, StepUp.Pin, "consent")]
    [InlineData(Sight.Accepted, StepUp.SignedIn, "consent")]
    [InlineData(Sight.AcceptedLive, StepUp.None, "live face")]
    [InlineData(Sight.AcceptedLive, StepUp.PhoneDigits, "live face")]
    [InlineData(Sight.AcceptedLive, StepUp.Pin, "consent")]
    [InlineData(Sight.AcceptedLive, StepUp.SignedIn, "consent")]
    public void What_is_known_of_a_payer_says_what_they_may_spend(Sight sight, StepUp stepUp, string limit) =>
        Assert.Equal(
            limit switch
            {
                "face" => Settings.Face,
                "live face" => Settings.LiveFace,
                "consent" => Settings.Consent,
                _ => null,
            },
            new SpendingPolicy(Settings).LimitOf(sight, stepUp));

    [Fact]
    public void The_table_is_whole() =>
        Assert.Equal(16, Enum.GetValues<Sight>().Length * Enum.GetValues<StepUp>().Length);

    [Fact]
    public void More_proof_never_allows_less()
    {
        SpendingLimit[] stronger = [Settings.Face, Settings.LiveFace, Settings.Consent];
        Assert.Equal(stronger, stronger.OrderBy(limit => limit.PaymentMinorMax));
        Assert.Equal(stronger, stronger.OrderBy(limit => limit.DayMinorMax));
        Assert.Equal(stronger, stronger.OrderBy(limit => limit.DayPaymentsMax));
    }
}
