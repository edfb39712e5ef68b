using SightPay.Ledger;
using SightPay.Server.Faces;
using SightPay.Tests.Support;
using SightPay.Vision.Faces;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>What cameras see on a bad day: the right person pays, or is asked, or nobody does.</summary>
public sealed class DifficultPictureTests : IAsyncLifetime
{
    private ServerBed _bed = null!;
    private TestRider _asha = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync();
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await _asha.EnrolAsync(TestPhotos.AtHome(0));
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Theory]
    [InlineData("mask")]
    [InlineData("sunglasses")]
    public async Task A_covered_face_is_poor_and_no_stranger_pays_with_one(string cover)
    {
        for (var person = 0; person < TestPhotos.People; person++)
        {
            var covered = TestPhotos.Covered(person, cover);
            var face = await ReadAsync(covered);
            Assert.False(face is { Quality.IsClear: true }, $"person {person}");
            var said = Said(await _bed.SeeAsync("S1-in", covered));
            string[] others = ["ask ambiguous", "deny unknown_person", "deny face_unclear", "deny no_face"];
            Assert.Contains(said, person == 0 ? ["open ok", .. others] : others);
        }
        Assert.Equal(10_000, (await _asha.WalletAsync()).Balance);
    }

    [Fact]
    public async Task Two_lookalikes_are_asked_and_neither_pays()
    {
        using var twin = await TestRider.SignUpAsync(_bed, "Usha Roy", 10_000);
        var own = (await ReadAsync(TestPhotos.AtHome(0)[0]))!.Template!;
        var other = (await ReadAsync(TestPhotos.AtHome(1)[0]))!.Template!;
        var mixed = FacePipeline.Fuse([Weighted(own, 1), Weighted(other, 0.12f)]);
        _bed.Get<FaceRecogniser>().Put(twin.Id, mixed.Values, livenessProved: false);
        var answer = await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(0));
        Assert.Equal("ask ambiguous", Said(answer));
        Assert.Null(answer["person"]);
        Assert.Equal(((10_000, 0), (10_000, 0)), (await _asha.WalletAsync(), await twin.WalletAsync()));
    }

    [Fact]
    public async Task A_stranger_who_holds_up_a_phone_with_a_customer_on_it_passes_as_nobody()
    {
        // At arm's length and beside the head: smaller than the stranger.
        var small = TestPhotos.Scene(960, 540, (0, Phone(90, 0.75f)), (1, SampleFaces.AtTheGate));
        Assert.Equal("deny unknown_person", Said(await _bed.SeeAsync("S1-in", small)));
        var large = TestPhotos.Scene(960, 540, (0, Phone(170, 0.8f)), (1, SampleFaces.AtTheGate));
        Assert.Equal("deny several_faces", Said(await _bed.SeeAsync("S1-in", large)));
        Assert.Equal((10_000, 0), await _asha.WalletAsync());
    }

    [Fact]
    public async Task A_frame_in_4k_is_decided_as_any_other()
    {
        var frame = TestPhotos.Scene(3840, 2160, (0, SampleFaces.AtTheGate with { FaceWidth = 620 }));
        Assert.Equal("open ok", Said(await _bed.SeeAsync("S1-in", frame)));
    }

    [Theory]
    [InlineData(0.5f, 0.4f, 0.1f, 1f)] // Grey.
    [InlineData(0.8f, 0.2f, 0f, 0.7f)] // As infrared cameras see: skin is bright, and there is little contrast.
    public async Task A_grey_frame_shows_the_same_person_and_nobody_else(
        float red, float green, float blue, float gamma)
    {
        for (var person = 0; person < 4; person++)
        {
            var photo = PictureCodec.Decode(TestPhotos.AtTheGate(person), new());
            var pixels = photo.Pixels.ToArray();
            for (var i = 0; i < pixels.Length; i += 3)
            {
                var light = (red * pixels[i] + green * pixels[i + 1] + blue * pixels[i + 2]) / 255;
                pixels[i] = pixels[i + 1] = pixels[i + 2] = (byte)(255 * MathF.Pow(light, gamma));
            }
            var grey = PictureCodec.EncodeJpeg(new Picture(photo.Width, photo.Height, pixels), 92);
            Assert.Equal(person == 0 ? "open ok" : "deny unknown_person", Said(await _bed.SeeAsync("S1-in", grey)));
        }
    }

    private static Look Phone(float width, float x) =>
        SampleFaces.AtTheGate with { FaceWidth = width, CentreX = x, CentreY = 0.4f, Margin = 0.1f, Gain = 1.2f };

    private async Task<Face?> ReadAsync(byte[] photo) =>
        (await _bed.Get<FaceRecogniser>().LookAsync(photo, FaceDemand.Recognise, default)).Reading.Target;

    private static Face Weighted(FaceTemplate template, float weight) =>
        new(default, default, new(weight, 80, 900, 0, 0, 120, 40, FaceFlaw.None), template);

    private static string Said(System.Text.Json.Nodes.JsonObject answer) =>
        $"{answer["decision"]} {answer["reason"]}";
}
