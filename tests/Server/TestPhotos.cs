using SightPay.Tests.Support;
using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;

namespace SightPay.Server.Tests;

/// <summary>Photographs of the people in the sample pictures, made once for all tests of the run.</summary>
internal static class TestPhotos
{
    private static readonly Lazy<(SampleFaces Faces, IReadOnlyList<SamplePerson> People)> _samples = new(() =>
    {
        var faces = new SampleFaces();
        return (faces, faces.Everybody());
    });

    private static readonly Look[] _enrolment =
        [SampleFaces.AtHome, SampleFaces.AtHome with { FaceWidth = 200, Gain = 1.1f }];

    public static int People => _samples.Value.People.Count;

    /// <summary>Two photographs as somebody takes them at home.</summary>
    public static byte[][] AtHome(int person) => [.. _enrolment.Select(look => Photo(person, look))];

    /// <summary>Another look: further away, darker, lit from one side.</summary>
    public static byte[] AtTheGate(int person) => Photo(person, SampleFaces.AtTheGate);

    public static byte[] OfTwo(int left, int right) =>
        _samples.Value.Faces.PhotoOfTwo(_samples.Value.People[left], _samples.Value.People[right]);

    /// <summary>Several people before one camera; who comes later stands in front.</summary>
    public static byte[] Scene(int width, int height, params (int Person, Look Look)[] people) =>
        _samples.Value.Faces.Photo(
            people.Select(one => (_samples.Value.People[one.Person], one.Look)), width, height);

    /// <summary>At the gate behind a drawn <c>mask</c> or <c>sunglasses</c>.</summary>
    public static byte[] Covered(int person, string cover, Look? look = null)
    {
        var (faces, people) = _samples.Value;
        var photo = faces.Draw(people[person], look ?? SampleFaces.AtTheGate);
        var points = faces.Read(photo).Target!.Points;
        return PictureCodec.EncodeJpeg(
            cover == "mask" ? DrawnCover.Mask(photo, points) : DrawnCover.Sunglasses(photo, points), 92);
    }

    /// <summary>As bright as it takes for the quality gate to speak of the light.</summary>
    public static byte[] Overexposed(int person)
    {
        var (faces, people) = _samples.Value;
        var gain = Enumerable.Range(6, 40).Select(step => step * 0.5f).First(gain => faces.Read(
            faces.Draw(people[person], SampleFaces.AtHome with { Gain = gain })).Target?.Quality.Flaw
            == FaceFlaw.BadLight);
        return Photo(person, SampleFaces.AtHome with { Gain = gain });
    }

    public static byte[] Photo(int person, Look look) =>
        _samples.Value.Faces.Photo(_samples.Value.People[person], look);
}
