using SightPay.Server.Faces;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using Xunit;

namespace SightPay.Server.Tests.Faces;

/// <summary>Between whom a second factor decides, with faces made of numbers.</summary>
public sealed class CandidateTests : IDisposable
{
    private readonly FaceRecogniser _recogniser = new(new FacesSettings());
    private readonly Guid _asha = Guid.CreateVersion7();
    private readonly Guid _twin = Guid.CreateVersion7();

    public void Dispose() => _recogniser.Dispose();

    [Fact]
    public void Two_who_both_could_be_asked_are_candidates_the_better_one_first()
    {
        var (ask, accept) = Limits();
        Put(_asha, (ask + accept) / 2);
        Put(_twin, ask + 0.01f);
        var found = _recogniser.Identify(Probe(), ProbeEvidence.Clear);
        Assert.Equal(FaceBand.Ask, found.Band);
        Assert.Equal([_asha, _twin], found.Candidates);
    }

    [Fact]
    public void Somebody_below_the_ask_point_is_no_candidate()
    {
        var (ask, accept) = Limits();
        Put(_asha, (ask + accept) / 2);
        Put(_twin, ask - 0.05f);
        Assert.Equal([_asha], _recogniser.Identify(Probe(), ProbeEvidence.Clear).Candidates);
    }

    [Fact]
    public void Who_is_recognised_or_unknown_leaves_nobody_to_decide_between()
    {
        var (ask, _) = Limits();
        Put(_twin, ask - 0.05f);
        Assert.Empty(_recogniser.Identify(Probe(), ProbeEvidence.Clear).Candidates);
        Put(_asha, 0.99f);
        var found = _recogniser.Identify(Probe(), ProbeEvidence.Clear);
        Assert.Equal(FaceBand.Accept, found.Band);
        Assert.Empty(found.Candidates);
    }

    [Fact]
    public void S1_bystander_charge_Whom_the_newest_of_the_joined_frames_does_not_show_is_asked_and_not_accepted()
    {
        var (ask, _) = Limits(searched: 1);
        Put(_asha, 1);
        var joined = new FaceTemplate(_recogniser.Pack, Probe().Values, photos: 3);
        FaceBand Band(float newest) => _recogniser.Identify(
            joined, ProbeEvidence.Clear, newest: Template(newest)).Band;
        Assert.Equal((FaceBand.Accept, FaceBand.Ask), (Band(ask + 0.01f), Band(ask - 0.01f)));
        Assert.Equal(FaceBand.Accept, _recogniser.Identify(joined, ProbeEvidence.Clear).Band);
    }

    private (float Ask, float Accept) Limits(int searched = 2)
    {
        var limits = DecisionPolicy.For(_recogniser.Pack).LimitsAt(searched);
        return (limits.AskMin, limits.AcceptMin);
    }

    private FaceTemplate Probe() => Template(1);

    private void Put(Guid person, float cosine) => _recogniser.Put(person, Template(cosine), livenessProved: false);

    /// <summary>A unit vector at a given cosine to the probe.</summary>
    private FaceTemplate Template(float cosine)
    {
        var values = new float[_recogniser.Dimensions];
        values[0] = cosine;
        values[1] = MathF.Sqrt(1 - cosine * cosine);
        return new FaceTemplate(_recogniser.Pack, values);
    }
}
