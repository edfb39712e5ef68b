using SightPay.Vision.Gallery;
using Xunit;

namespace SightPay.Vision.Tests.Gallery;

public sealed class DecisionPolicyTests
{
    private const string Pack = "standard-1";

    private static readonly Guid Best = new("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Second = new("22222222-2222-2222-2222-222222222222");

    [Theory]
    [InlineData(1, 0.53f, 0.40f)] // Floors: the curve has 0.452 and 0.348 there.
    [InlineData(3, 0.53f, 0.402f)]
    [InlineData(10, 0.536f, 0.452f)]
    [InlineData(30, 0.563f, 0.492f)]
    [InlineData(100, 0.598f, 0.536f)]
    [InlineData(300, 0.621f, 0.562f)]
    [InlineData(1_000, 0.643f, 0.598f)]
    [InlineData(2_068, 0.662f, 0.615f)]
    public void Every_measured_size_has_its_own_limits(int size, float accept, float ask)
    {
        var limits = DecisionPolicy.For(Pack).LimitsAt(size);
        Assert.Equal(accept, limits.AcceptMin, 4);
        Assert.Equal(ask, limits.AskMin, 4);
        Assert.Equal(0.06f, limits.MarginMin);
        Assert.Equal(size, limits.GallerySize);
    }

    [Fact]
    public void Between_two_sizes_the_limits_go_with_the_logarithm()
    {
        // The geometric middle of 10 and 1,000 lies at 100; of 100 and 1,000 at 316.
        var limits = DecisionPolicy.For(Pack).LimitsAt(55);
        var share = MathF.Log(55 / 30f) / MathF.Log(100 / 30f);
        Assert.Equal(0.563f + share * (0.598f - 0.563f), limits.AcceptMin, 4);
    }

    [Fact]
    public void Limits_never_fall_with_size_and_always_leave_room_to_ask()
    {
        var policy = DecisionPolicy.For(Pack);
        var before = policy.LimitsAt(0);
        foreach (var size in Enumerable.Range(1, 3_000).Append(10_000).Append(100_000).Append(int.MaxValue))
        {
            var limits = policy.LimitsAt(size);
            Assert.True(limits.AcceptMin >= before.AcceptMin && limits.AskMin >= before.AskMin, $"at {size}");
            Assert.True(limits.AskMin < limits.AcceptMin && limits.AcceptMin <= 1, $"at {size}");
            before = limits;
        }
    }

    [Fact]
    public void Beyond_the_largest_measured_size_the_curve_is_steeper_than_it_ended()
    {
        var policy = DecisionPolicy.For(Pack);
        var measured = (0.662f - 0.598f) / MathF.Log10(2_068 / 100f);
        Assert.True(policy.LimitsAt(20_680).AcceptMin >= 0.662f + 1.2f * measured);
    }

    [Theory]
    [InlineData(0.70f, 0.10f, FaceBand.Accept)]
    [InlineData(0.598f, 0.10f, FaceBand.Accept)] // At the limit itself.
    [InlineData(0.597f, 0.10f, FaceBand.Ask)]
    [InlineData(0.70f, 0.645f, FaceBand.Ask)] // Two look-alikes: the lead is too small.
    [InlineData(0.70f, 0.639f, FaceBand.Accept)]
    [InlineData(0.536f, 0.53f, FaceBand.Ask)]
    [InlineData(0.535f, 0.10f, FaceBand.Reject)]
    [InlineData(-1f, -1f, FaceBand.Reject)]
    [InlineData(float.NaN, 0.10f, FaceBand.Reject)]
    public void A_gallery_of_a_hundred_decides_by_score_and_lead(float best, float second, FaceBand band) =>
        Assert.Equal(band, DecisionPolicy.For(Pack).Decide(new(Best, best, Second, second, 100)));

    [Theory]
    [InlineData(0.49f, FaceBand.Ask)] // A stranger before a gallery of one customer is never that customer.
    [InlineData(0.39f, FaceBand.Reject)]
    [InlineData(0.56f, FaceBand.Accept)]
    public void A_lone_customer_needs_no_lead_but_the_floor(float best, FaceBand band) =>
        Assert.Equal(band, DecisionPolicy.For(Pack).Decide(new(Best, best, null, -1, 1)));

    [Fact]
    public void An_empty_gallery_rejects() =>
        Assert.Equal(FaceBand.Reject, DecisionPolicy.For(Pack).Decide(new(null, -1, null, -1, 0)));

    [Theory]
    [InlineData(0.0, 0.598f)] // Never looser than the bound.
    [InlineData(0.3, 0.598f)]
    [InlineData(0.6, 0.598f)]
    [InlineData(0.8, 0.799f)]
    [InlineData(1.0, 1f)]
    public void The_recognition_threshold_only_makes_it_stricter(double threshold, float accept)
    {
        var limits = DecisionPolicy.For(Pack, threshold).LimitsAt(100);
        Assert.Equal(accept, limits.AcceptMin, 3);
        Assert.Equal(0.536f, limits.AskMin, 4);
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_threshold_off_the_scale_is_refused(double threshold) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DecisionPolicy.For(Pack, threshold));

    [Fact]
    public void A_pack_without_calibration_is_refused() =>
        Assert.Throws<ArgumentException>(() => DecisionPolicy.For("homemade-1"));
}
