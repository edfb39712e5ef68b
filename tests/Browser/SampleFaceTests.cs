using SightPay.Vision.Faces;

namespace SightPay.Browser.Tests;

/// <summary>The photographs that the story uses: fit to enrol, and different looks of one person.</summary>
public sealed class SampleFaceTests
{
    [Fact]
    public void Two_looks_of_a_person_are_one_person_and_two_persons_are_two()
    {
        using var faces = new SampleFaces();
        var first = Template(faces, SampleFaces.Asha, SampleFaces.AtHome);
        var second = Template(faces, SampleFaces.Asha, SampleFaces.AtTheGate);
        var other = Template(faces, SampleFaces.Ravi, SampleFaces.AtTheGate);
        Assert.True(FacePipeline.Similarity(first, second) > 0.85f);
        Assert.True(FacePipeline.Similarity(first, second) < 0.9999f, "The second look is a copy of the first.");
        Assert.True(FacePipeline.Similarity(first, other) < 0.69f);
    }

    private static FaceTemplate Template(SampleFaces faces, SamplePerson person, Look look)
    {
        var reading = faces.Read(faces.Draw(person, look));
        Assert.Single(reading.Boxes);
        Assert.Equal(FaceFlaw.None, reading.Target!.Quality.Flaw);
        return reading.Target.Template!;
    }
}
