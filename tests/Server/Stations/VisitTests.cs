using SightPay.Ledger;
using SightPay.Server.Faces;
using SightPay.Tests.Support;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>The frames of one approach are looked at together, and nobody else is ever joined with them.</summary>
public sealed class VisitTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await _asha.EnrolAsync(TestPhotos.AtHome(0));
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_yes_is_said_at_once_and_a_no_when_three_frames_have_been_seen()
    {
        using var gate = await StationSocket.OpenAsync(_bed, "S1-in");
        string[] late = ["deny face_unclear", "deny face_unclear", "deny unknown_person", "deny unknown_person"];
        Assert.Equal(late, await ShowAsync(gate, 4, frame => Moved(1, frame)));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["open ok"], await ShowAsync(gate, 1, frame => Moved(0, frame)));
        // A picture by itself has no other to wait for.
        Assert.Equal("unknown_person", (string)(await _bed.SeeAsync("S1-in", TestPhotos.AtTheGate(2)))["reason"]!);
    }

    [Fact]
    public async Task S1_bystander_charge_Somebody_who_steps_into_the_customers_place_is_nobody_to_the_gate()
    {
        using var gate = await StationSocket.OpenAsync(_bed, "S1-in");
        Assert.Equal(
            ["open ok", "open ok", "open ok"],
            await ShowAsync(gate, 3, frame => Moved(0, frame)));
        Assert.Equal(
            ["deny face_unclear", "deny face_unclear", "deny unknown_person"],
            await ShowAsync(gate, 3, frame => Moved(1, frame + 3)));
        Assert.Equal((10_000, 2000), await _asha.WalletAsync());
    }

    [Fact]
    public async Task Whom_each_frame_by_itself_asks_three_together_let_in()
    {
        byte[][] photos = [.. Enumerable.Range(0, 3).Select(Noisy)];
        var frames = new List<Face>();
        foreach (var photo in photos) frames.Add(await ReadAsync(photo));
        // Enrolled is what three frames give, and so strictly that two of them are not enough.
        var enrolled = FacePipeline.Fuse(frames);
        var two = FacePipeline.Similarity(enrolled, FacePipeline.Fuse(frames[..2]));
        Assert.All(frames, frame => Assert.True(FacePipeline.Similarity(enrolled, frame.Template!) < two));
        var accept = (1 + two) / 2;
        var from = DecisionPolicy.For(enrolled.Pack).LimitsAt(1, 3).AcceptMin;
        await _bed.RestartAsync(_clock, faces: new FacesSettings(0.6 + 0.4 * (accept - from) / (1 - from)));
        _bed.Get<FaceRecogniser>().Put(_asha.Id, enrolled, livenessProved: false);

        using var gate = await StationSocket.OpenAsync(_bed, "S1-in");
        Assert.Equal(
            ["deny face_unclear", "deny face_unclear", "open ok"], await ShowAsync(gate, 3, frame => photos[frame]));
        foreach (var photo in photos)
            Assert.Equal("ask", (string)(await _bed.SeeAsync("S1-in", photo))["decision"]!);
    }

    private async Task<Face> ReadAsync(byte[] photo) =>
        (await _bed.Get<FaceRecogniser>().LookAsync(photo, FaceDemand.RecogniseAll, default)).Reading.Target!;

    private async Task<string[]> ShowAsync(StationSocket gate, int frames, Func<int, byte[]> photo)
    {
        var said = new List<string>();
        for (var frame = 0; frame < frames; frame++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(340));
            var answer = (await gate.ShowAsync(photo(frame)))["answer"]!;
            said.Add($"{answer["decision"]} {answer["reason"]}");
        }
        return [.. said];
    }

    private static byte[] Moved(int person, int frame) =>
        TestPhotos.Photo(person, SampleFaces.AtTheGate with { CentreX = 0.45f + 0.004f * frame });

    private static byte[] Noisy(int seed)
    {
        var random = new Random(seed);
        var photo = PictureCodec.Decode(Moved(0, seed), new());
        var pixels = photo.Pixels.ToArray();
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)Math.Clamp(pixels[i] + 60 * (random.NextDouble() + random.NextDouble() - 1), 0, 255);
        return PictureCodec.EncodeJpeg(new Picture(photo.Width, photo.Height, pixels), 92);
    }
}
