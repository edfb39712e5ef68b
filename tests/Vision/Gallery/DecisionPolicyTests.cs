using SightPay.Vision.Gallery;
using SightPay.Vision.Liveness;
using Xunit;

namespace SightPay.Vision.Tests.Gallery;

public sealed class DecisionPolicyTests
{
    private const string Pack = "standard-2";

    private static readonly Guid Best = new("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Second = new("22222222-2222-2222-2222-222222222222");

    [Theory]
    [InlineData("standard-2", 1, 0.734f, 0.659f)] // Floors: the curve has 0.688 and 0.628 there.
    [InlineData("standard-2", 3, 0.734f, 0.659f)]
    [InlineData("standard-2", 10, 0.734f, 0.687f)]
    [InlineData("standard-2", 30, 0.751f, 0.710f)]
    [InlineData("standard-2", 100, 0.765f, 0.734f)]
    [InlineData("standard-2", 300, 0.782f, 0.751f)]
    [InlineData("standard-2", 1_000, 0.794f, 0.765f)]
    [InlineData("standard-2", 2_068, 0.809f, 0.775f)]
    [InlineData("precise-1", 1, 0.460f, 0.330f)] // Floors: the curve has 0.379 and 0.280 there.
    [InlineData("precise-1", 3, 0.460f, 0.330f)]
    [InlineData("precise-1", 10, 0.460f, 0.379f)]
    [InlineData("precise-1", 30, 0.494f, 0.419f)]
    [InlineData("precise-1", 100, 0.527f, 0.459f)]
    [InlineData("precise-1", 300, 0.549f, 0.494f)]
    [InlineData("precise-1", 1_000, 0.578f, 0.525f)]
    [InlineData("precise-1", 2_068, 0.611f, 0.543f)]
    public void Every_measured_size_has_its_own_limits(string pack, int size, float accept, float ask)
    {
        var policy = DecisionPolicy.For(pack);
        var limits = policy.LimitsAt(size);
        Assert.Equal(accept, limits.AcceptMin, 4);
        Assert.Equal(ask, limits.AskMin, 4);
        Assert.Equal(pack == Pack ? 0.045f : 0.080f, limits.MarginMin);
        Assert.Equal(size, limits.GallerySize);
        Assert.Equal(2_068, policy.Evidence.CalibratedTo);
    }

    [Fact]
    public void Between_two_sizes_the_limits_go_with_the_logarithm()
    {
        // The geometric middle of 10 and 1,000 lies at 100; of 100 and 1,000 at 316.
        var limits = DecisionPolicy.For(Pack).LimitsAt(55);
        var share = MathF.Log(55 / 30f) / MathF.Log(100 / 30f);
        Assert.Equal(0.751f + share * (0.765f - 0.751f), limits.AcceptMin, 4);
    }

    [Theory]
    [InlineData("standard-2")]
    [InlineData("precise-1")]
    public void Limits_never_fall_with_size_and_always_leave_room_to_ask(string pack)
    {
        var policy = DecisionPolicy.For(pack);
        var before = policy.LimitsAt(0);
        foreach (var size in Enumerable.Range(1, 3_000).Append(10_000).Append(100_000).Append(int.MaxValue))
        {
            var limits = policy.LimitsAt(size);
            Assert.True(limits.AcceptMin >= before.AcceptMin && limits.AskMin >= before.AskMin, $"at {size}");
            Assert.True(limits.AskMin < limits.AcceptMin && limits.AcceptMin <= 1, $"at {size}");
            before = limits;
        }
    }

    [Theory]
    [InlineData("standard-2", 0.809f, 0.765f)]
    [InlineData("precise-1", 0.611f, 0.527f)]
    public void Beyond_the_largest_measured_size_the_curve_is_steeper_than_it_ended(
        string pack, float last, float atHundred)
    {
        var measured = (last - atHundred) / MathF.Log10(2_068 / 100f);
        Assert.True(DecisionPolicy.For(pack).LimitsAt(20_680).AcceptMin >= last + 1.2f * measured);
    }

    /// <summary>Every cell of the table in <see cref="DecisionPolicy"/> and both sides of every edge, at N = 100: asked
    /// from 0.734, accepted from 0.765 with a lead of 0.045; a poor face from 0.794, the point for 1,000.</summary>
    [Theory]
    // Score, runner-up, clear: unknown life or a person; a picture. Poor: the same.
    [InlineData(-1f, -1f, FaceBand.Reject, FaceBand.Reject, FaceBand.Reject, FaceBand.Reject)]
    [InlineData(float.NaN, 0.1f, FaceBand.Reject, FaceBand.Reject, FaceBand.Reject, FaceBand.Reject)]
    [InlineData(0.733f, 0.1f, FaceBand.Reject, FaceBand.Reject, FaceBand.Reject, FaceBand.Reject)]
    [InlineData(0.733f, 0.73f, FaceBand.Reject, FaceBand.Reject, FaceBand.Reject, FaceBand.Reject)]
    [InlineData(0.734f, 0.1f, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)]
    [InlineData(0.734f, 0.73f, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)]
    [InlineData(0.764f, 0.1f, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)]
    [InlineData(0.765f, 0.1f, FaceBand.Accept, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)]
    [InlineData(0.765f, 0.721f, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)] // Look-alikes.
    [InlineData(0.793f, 0.1f, FaceBand.Accept, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)]
    [InlineData(0.794f, 0.1f, FaceBand.Accept, FaceBand.Ask, FaceBand.Accept, FaceBand.Ask)]
    [InlineData(0.794f, 0.75f, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)]
    [InlineData(0.85f, 0.804f, FaceBand.Accept, FaceBand.Ask, FaceBand.Accept, FaceBand.Ask)]
    [InlineData(0.85f, 0.806f, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)]
    [InlineData(1f, 0.1f, FaceBand.Accept, FaceBand.Ask, FaceBand.Accept, FaceBand.Ask)]
    [InlineData(1f, 1f, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask, FaceBand.Ask)]
    public void A_gallery_of_a_hundred_decides_by_score_lead_quality_and_life(
        float best, float second, FaceBand clear, FaceBand clearPicture, FaceBand poor, FaceBand poorPicture)
    {
        FaceBand Decide(bool isClear, LiveEvidence live) =>
            DecisionPolicy.For(Pack).Decide(new(Best, best, Second, second, 100), new(isClear, live));
        foreach (var live in new[] { LiveEvidence.Unknown, LiveEvidence.Person })
            Assert.Equal((clear, poor), (Decide(true, live), Decide(false, live)));
        Assert.Equal(
            (clearPicture, poorPicture), (Decide(true, LiveEvidence.Picture), Decide(false, LiveEvidence.Picture)));
    }

    [Theory]
    [InlineData("standard-2")]
    [InlineData("precise-1")]
    public void A_poor_face_is_never_accepted_at_the_standard_point(string pack)
    {
        var policy = DecisionPolicy.For(pack);
        foreach (var size in new[] { 1, 2, 10, 100, 2_068, 50_000, 10_000_000, int.MaxValue })
        {
            var limits = policy.LimitsAt(size);
            // A point of 1 is as strict as a cosine can be.
            if (limits.AcceptMin >= 1) continue;
            var match = new GalleryMatch(Best, limits.AcceptMin, null, -1, size);
            Assert.Equal(FaceBand.Accept, policy.Decide(match, ProbeEvidence.Clear));
            Assert.Equal(FaceBand.Ask, policy.Decide(match, new(false, LiveEvidence.Person)));
        }
    }

    [Theory]
    [InlineData("standard-2")]
    [InlineData("precise-1")]
    public void Joined_frames_come_nearer_to_strangers_and_have_to_come_nearer_to_customers(string pack)
    {
        var policy = DecisionPolicy.For(pack);
        foreach (var size in new[] { 1, 10, 100, 2_068, 50_000 })
        {
            var (one, two, three) = (policy.LimitsAt(size), policy.LimitsAt(size, 2), policy.LimitsAt(size, 3));
            Assert.InRange(two.AcceptMin - one.AcceptMin, 0.015f, 0.02f);
            Assert.InRange(three.AcceptMin - one.AcceptMin, 0.02f, 0.025f);
            Assert.Equal(two.AcceptMin - one.AcceptMin, two.AskMin - one.AskMin, 5);
            Assert.Equal(three, policy.LimitsAt(size, 5));
            var match = new GalleryMatch(Best, one.AcceptMin, null, -1, size);
            Assert.Equal(
                (FaceBand.Accept, FaceBand.Ask),
                (policy.Decide(match, ProbeEvidence.Clear), policy.Decide(match, ProbeEvidence.Clear, photos: 2)));
            match = match with { BestScore = one.AskMin };
            Assert.Equal(
                (FaceBand.Ask, FaceBand.Reject),
                (policy.Decide(match, ProbeEvidence.Clear), policy.Decide(match, ProbeEvidence.Clear, photos: 3)));
        }
        // Nothing is nearer than the same.
        Assert.Equal(1, DecisionPolicy.For(pack, 1).LimitsAt(100, 3).AcceptMin);
        Assert.Equal(1, policy.LimitsAt(int.MaxValue, 3).AcceptMin);
    }

    [Theory]
    [InlineData(0.70f, FaceBand.Ask)] // A stranger before a gallery of one customer is never that customer.
    [InlineData(0.65f, FaceBand.Reject)]
    [InlineData(0.74f, FaceBand.Accept)]
    public void A_lone_customer_needs_no_lead_but_the_floor(float best, FaceBand band) =>
        Assert.Equal(band, DecisionPolicy.For(Pack).Decide(new(Best, best, null, -1, 1), ProbeEvidence.Clear));

    [Fact]
    public void An_empty_gallery_rejects() =>
        Assert.Equal(FaceBand.Reject, DecisionPolicy.For(Pack).Decide(new(null, -1, null, -1, 0), ProbeEvidence.Clear));

    [Theory]
    [InlineData(0.0, 0.765f)] // Never looser than the bound.
    [InlineData(0.3, 0.765f)]
    [InlineData(0.6, 0.765f)]
    [InlineData(0.8, 0.8825f)]
    [InlineData(1.0, 1f)]
    public void The_recognition_threshold_only_makes_it_stricter(double threshold, float accept)
    {
        var limits = DecisionPolicy.For(Pack, threshold).LimitsAt(100);
        Assert.Equal(accept, limits.AcceptMin, 3);
        Assert.Equal(0.734f, limits.AskMin, 4);
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_threshold_off_the_scale_is_refused(double threshold) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DecisionPolicy.For(Pack, threshold));

    [Fact]
    public void A_pack_or_version_without_calibration_is_refused() =>
        Assert.Throws<ArgumentException>(() => DecisionPolicy.For("standard-1"));
}
