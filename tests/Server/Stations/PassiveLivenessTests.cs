using SightPay.Ledger;
using SightPay.Server.Faces;
using SightPay.Server.Tests.Faces;
using SightPay.Tests.Support;
using SightPay.Vision.Models;
using SightPay.Vision.Runtime;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>A print before a camera, with the precise pack and a photograph of a print, which lie beside the repository
/// or nowhere.</summary>
public sealed class PassiveLivenessTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ServerBed.StartAsync(_clock);

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        await _bed.DisposeAsync();
    }

    [SkippableFact]
    public async Task A_stream_waits_and_then_asks_a_single_picture_is_told_and_enrolment_refuses_neither()
    {
        var packs = Directory.CreateDirectory(Path.Combine(_bed.DataFolder, "models")).FullName;
        var models = SharedModels.Require();
        await new PackInstaller(packs).AddPreciseAsync(new FileFolder(models), default);
        var print = Path.Combine(models, "..", "data", "liveness", "minivision", "image_F1.jpg");
        Skip.If(!File.Exists(print), "../shared/data/liveness is not there.");
        await _bed.RestartAsync(_clock, faces: new FacesSettings { Pack = new InstalledPacks(packs).Best });
        using var rider = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        await rider.EnrolAsync(File.ReadAllBytes(print));

        var photo = PictureCodec.Decode(File.ReadAllBytes(print), new());
        using var gate = await StationSocket.OpenAsync(_bed, "S1-in");
        var said = new List<string>();
        for (var frame = 0; frame < 4; frame++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(300));
            var answer = (await gate.ShowAsync(Brighter(photo, 2 * frame)))["answer"]!;
            said.Add($"{answer["decision"]} {answer["reason"]}");
            Assert.Null(answer["person"]);
        }
        Assert.Equal(["deny face_unclear", "deny face_unclear", "ask ambiguous", "ask ambiguous"], said);
        Assert.Equal((10_000, 0), await rider.WalletAsync());

        // Under the cap one low score by itself neither asks nor denies.
        Assert.Equal("open", (string)(await _bed.SeeAsync("S1-in", File.ReadAllBytes(print)))["decision"]!);
        await using var count = _bed.Database.DataSource.CreateCommand(
            "select count(*) from audit_entry where what = 'looks_like_a_picture'");
        Assert.Equal(1L, await count.ExecuteScalarAsync());
    }

    private static byte[] Brighter(Picture photo, int by)
    {
        var pixels = photo.Pixels.ToArray();
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Min(255, pixels[i] + by);
        return PictureCodec.EncodeJpeg(new Picture(photo.Width, photo.Height, pixels), 92);
    }
}
