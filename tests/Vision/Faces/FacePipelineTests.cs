using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using SightPay.Vision.Runtime;
using SightPay.Vision.Tests.Runtime;
using Xunit;

namespace SightPay.Vision.Tests.Faces;

/// <summary>The whole way from pixels to a template, on the group pictures and on what is made of them.</summary>
public abstract class FacePipelineTests(FaceBed bed)
{
    // Of medium quality and turned a little: not the easiest face.
    private Picture Someone => bed.CutFace(5, 2);

    private float AcceptMin => DecisionPolicy.For(bed.Pipeline.Pack).LimitsAt(1).AcceptMin;

    [SkippableTheory]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 4)]
    [InlineData(5, 5)]
    [InlineData(6, 4)]
    public void Group_pictures_hold_exactly_their_people(int sample, int people)
    {
        var reading = bed.Pipeline.Read(FaceBed.Sample(sample), FaceDemand.Recognise);
        Assert.Equal(people, reading.Boxes.Count);
        Assert.True(reading.IsCrowded);
        var areas = reading.Boxes.Select(box => box.Width * box.Height).ToArray();
        Assert.Equal(areas.OrderDescending(), areas);
    }

    [SkippableFact]
    public void Faces_cut_from_the_group_pictures_can_be_enrolled_and_people_side_by_side_differ()
    {
        int[] people = [3, 3, 3, 4, 5, 4];
        var enrolled = 0;
        for (var sample = 1; sample <= 6; sample++)
        {
            var templates = new List<FaceTemplate>();
            for (var face = 0; face < people[sample - 1]; face++)
            {
                var enlarged = FaceBed.Scaled(bed.CutFace(sample, face), 1.5f);
                if (bed.Pipeline.Read(enlarged, FaceDemand.Enrol).Target?.Template is { } template)
                    templates.Add(template);
            }
            // Only within a picture: some people stand in two of them.
            for (var a = 0; a < templates.Count; a++)
                for (var b = a + 1; b < templates.Count; b++)
                    Assert.InRange(FacePipeline.Similarity(templates[a], templates[b]), -1, AcceptMin - 0.001f);
            enrolled += templates.Count;
        }
        // All but the one in near profile.
        Assert.Equal(21, enrolled);
    }

    public static TheoryData<string> Changes =>
    [
        "darker", "brighter", "smaller", "larger", "tilted left", "tilted right", "mirrored", "moved", "blurred a bit",
    ];

    [SkippableTheory]
    [MemberData(nameof(Changes))]
    public void The_same_face_stays_itself(string change)
    {
        var original = Read(Someone);
        var changed = Read(Change(Someone, change));
        Assert.InRange(FacePipeline.Similarity(original, changed), AcceptMin, 1);
    }

    private static Picture Change(Picture face, string change) => change switch
    {
        "darker" => FaceBed.Lit(face, grey => grey * 0.5f),
        "brighter" => FaceBed.Lit(face, grey => grey * 1.2f + 10),
        "smaller" => FaceBed.Scaled(face, 0.45f),
        "larger" => FaceBed.Scaled(face, 3),
        "tilted left" => FaceBed.Turned(face, 20),
        "tilted right" => FaceBed.Turned(face, -20),
        "mirrored" => FaceBed.Mirrored(face),
        "moved" => FaceBed.Place(face, 1280, 720, 790, 200),
        "blurred a bit" => FaceBed.Blurred(face, 2),
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    [SkippableFact]
    public void A_mirrored_face_turns_the_other_way()
    {
        var face = bed.CutFace(1, 0);
        var yaw = bed.Pipeline.Read(face, FaceDemand.Recognise).Target!.Quality.YawDegrees;
        var mirrored = bed.Pipeline.Read(FaceBed.Mirrored(face), FaceDemand.Recognise).Target!.Quality.YawDegrees;
        Assert.True(MathF.Abs(yaw) > 15);
        Assert.InRange(mirrored, -yaw - 6, -yaw + 6);
    }

    [SkippableFact]
    public void Pictures_without_a_face_have_none()
    {
        Picture[] empty =
        [
            DrawnPictures.Gradient(640, 480), DrawnPictures.Gradient(3, 900), DrawnPictures.Gradient(1, 1),
            DrawnPictures.Gradient(3000, 1), new(640, 480, new byte[640 * 480 * 3]), Noise(800, 600),
        ];
        foreach (var picture in empty)
        {
            var reading = bed.Pipeline.Read(picture, FaceDemand.Recognise);
            Assert.Empty(reading.Boxes);
            Assert.Null(reading.Target);
            Assert.False(reading.IsCrowded);
        }
    }

    [SkippableFact]
    public void A_small_face_in_a_phone_photo_is_found()
    {
        var photo = FaceBed.Place(FaceBed.Scaled(Someone, 0.6f), 4000, 3000, 3100, 400);
        var reading = bed.Pipeline.Read(photo, FaceDemand.Recognise);
        Assert.Single(reading.Boxes);
        Assert.InRange(reading.Boxes[0].X, 3100, 3400);
        Assert.InRange(reading.Boxes[0].Y, 400, 700);
        Assert.InRange(FacePipeline.Similarity(reading.Target!.Template!, Read(Someone)), AcceptMin, 1);
    }

    public static TheoryData<string, FaceFlaw> Flaws => new()
    {
        { "tiny", FaceFlaw.TooSmall },
        { "cut", FaceFlaw.CutOff },
        { "profile", FaceFlaw.Turned },
        { "blurred", FaceFlaw.Blurred },
        { "dark", FaceFlaw.BadLight },
        { "good", FaceFlaw.None },
    };

    [SkippableTheory]
    [MemberData(nameof(Flaws))]
    public void Every_flaw_is_named_and_leaves_no_template(string kind, FaceFlaw flaw)
    {
        var picture = kind switch
        {
            "tiny" => FaceBed.Place(FaceBed.Scaled(Someone, 0.15f), 160, 120, 40, 30),
            "cut" => FaceBed.Crop(Someone, 0, 0, (int)(Someone.Width * 0.6), Someone.Height),
            "profile" => bed.CutFace(2, 0),
            "blurred" => FaceBed.Blurred(Someone, 6),
            "dark" => FaceBed.Lit(Someone, grey => grey * 0.06f),
            _ => Someone,
        };
        var target = bed.Pipeline.Read(picture, FaceDemand.Recognise).Target;
        Assert.NotNull(target);
        Assert.Equal(flaw, target.Quality.Flaw);
        Assert.Equal(flaw == FaceFlaw.None, target.Template is not null);
    }

    [SkippableFact]
    public void Enrolment_asks_for_more_than_recognition()
    {
        var soft = FaceBed.Blurred(Someone, 3);
        Assert.Equal(FaceFlaw.None, bed.Pipeline.Read(soft, FaceDemand.Recognise).Target!.Quality.Flaw);
        Assert.Equal(FaceFlaw.Blurred, bed.Pipeline.Read(soft, FaceDemand.Enrol).Target!.Quality.Flaw);
    }

    [SkippableFact]
    public void Somebody_far_behind_does_not_block_and_somebody_beside_does()
    {
        static FaceReading Two(float share) => new(
            [], [new(0, 0, 100, 100, 0.9f), new(200, 0, 100 * share, 100 * share, 0.9f)], 640, 0, 0);
        Assert.False(Two(0.6f).IsCrowded);
        Assert.True(Two(0.65f).IsCrowded);
        Assert.False(new FaceReading([], [new(0, 0, 100, 100, 0.9f)], 640, 0, 0).IsCrowded);
    }

    [SkippableFact]
    public void The_callers_picture_is_never_changed()
    {
        var picture = FaceBed.Sample(1);
        var before = picture.Pixels.ToArray();
        bed.Pipeline.Read(picture, FaceDemand.Enrol);
        Assert.True(picture.Pixels.SequenceEqual(before));
    }

    [SkippableFact]
    public async Task Eight_callers_get_the_same_answer_as_one()
    {
        Picture[] faces = [bed.CutFace(1, 0), bed.CutFace(3, 1), FaceBed.Sample(6), bed.CutFace(5, 2)];
        var alone = faces.Select(face => bed.Pipeline.Read(face, FaceDemand.Recognise)).ToArray();
        var together = await Task.WhenAll(Enumerable.Range(0, 24).Select(i =>
            Task.Run(() => bed.Pipeline.Read(faces[i % faces.Length], FaceDemand.Recognise))));
        for (var i = 0; i < together.Length; i++)
        {
            var expected = alone[i % faces.Length];
            Assert.Equal(expected.Boxes, together[i].Boxes);
            Assert.Equal(expected.Target!.Quality, together[i].Target!.Quality);
            Assert.Equal(
                1, FacePipeline.Similarity(expected.Target.Template!, together[i].Target!.Template!), 1e-5);
        }
    }

    [SkippableFact]
    public void A_frame_allocates_little_beside_its_result()
    {
        var face = FaceBed.Place(Someone, 640, 480, 100, 40);
        for (var i = 0; i < 5; i++) bed.Pipeline.Read(face, FaceDemand.Recognise);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++) bed.Pipeline.Read(face, FaceDemand.Recognise);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 10, 1, 16_384);
    }

    private FaceTemplate Read(Picture picture) =>
        bed.Pipeline.Read(picture, FaceDemand.Recognise).Target?.Template
        ?? throw new InvalidOperationException("The picture holds no usable face.");

    private static Picture Noise(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        new Random(11).NextBytes(pixels);
        return new(width, height, pixels);
    }
}

public sealed class StandardPipelineTests(FaceBed bed) : FacePipelineTests(bed), IClassFixture<FaceBed>;

public sealed class PrecisePipelineTests(PreciseFaceBed bed) : FacePipelineTests(bed), IClassFixture<PreciseFaceBed>;
