using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>More than one face before a camera: who pays, and that no bystander ever does.</summary>
public sealed class SeveralFacesTests : IAsyncLifetime
{
    private static readonly Look Payer = SampleFaces.AtTheGate with { CentreX = 0.5f };

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;
    private TestRider _ravi = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 10_000);
        _ravi = await TestRider.SignUpAsync(_bed, "Ravi Das", 10_000);
        await _asha.EnrolAsync(TestPhotos.AtHome(0));
        await _ravi.EnrolAsync(TestPhotos.AtHome(1));
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _bed.Get<GeneralLedger>().AuditAsync(default));
        _asha.Dispose();
        _ravi.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task S1_bystander_charge_Somebody_nearer_the_edge_makes_a_picture_nobodys()
    {
        var beside = TestPhotos.Scene(960, 540, (0, Payer), (1, Payer with { CentreX = 0.86f, FaceWidth = 160 }));
        var answer = await _bed.SeeAsync("S1-in", beside);
        Assert.Equal(("deny", "several_faces"), Said(answer));
        // Nor is it whoever happens to be larger there.
        var nearer = TestPhotos.Scene(960, 540, (0, Payer), (1, Payer with { CentreX = 0.84f, FaceWidth = 230 }));
        Assert.Equal(("deny", "several_faces"), Said(await _bed.SeeAsync("S1-in", nearer)));
        Assert.Equal(((10_000, 0), (10_000, 0)), (await _asha.WalletAsync(), await _ravi.WalletAsync()));
    }

    [Fact]
    public async Task S1_bystander_charge_The_payer_pays_and_the_poster_behind_them_does_not()
    {
        var poster = TestPhotos.Scene(960, 540, (1, Payer with { CentreX = 0.3f, CentreY = 0.3f, FaceWidth = 90 }),
            (0, Payer with { CentreX = 0.55f, FaceWidth = 200 }));
        var answer = await _bed.SeeAsync("S1-in", poster);
        Assert.Equal(("open", "ok"), Said(answer));
        Assert.Equal(_asha.Id, (Guid)answer["person"]!["id"]!);
        Assert.Equal(((10_000, 2000), (10_000, 0)), (await _asha.WalletAsync(), await _ravi.WalletAsync()));
    }

    [Fact]
    public async Task S1_bystander_charge_A_stream_tells_who_stands_there_from_who_passes()
    {
        using var gate = await StationSocket.OpenAsync(_bed, "S1-in");
        var decisions = new List<string>();
        for (var frame = 0; frame < 4; frame++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(300));
            var seen = await gate.ShowAsync(TestPhotos.Scene(
                960, 540, (0, Payer with { CentreX = 0.5f + 0.003f * frame }),
                (1, Payer with { CentreX = 0.9f - 0.01f * frame, FaceWidth = 160 })));
            decisions.Add((string)seen["answer"]!["decision"]!);
            Assert.Equal("accept accept", string.Join(" ", Bands(seen)));
        }
        Assert.Equal(["deny", "deny", "open", "open"], decisions);
        Assert.Equal(((10_000, 2000), (10_000, 0)), (await _asha.WalletAsync(), await _ravi.WalletAsync()));
    }

    [Fact]
    public async Task Twenty_faces_are_all_answered_and_nobody_pays()
    {
        using var gate = await StationSocket.OpenAsync(_bed, "S1-in");
        var crowd = Enumerable.Range(0, 20).Select(i => (
            i % TestPhotos.People, Payer with
            {
                CentreX = 0.1f + 0.2f * (i % 5), CentreY = 0.14f + 0.24f * (i / 5), FaceWidth = 130, Margin = 0.1f,
                LightFromLeft = 0,
            })).ToArray();
        var seen = await gate.ShowAsync(TestPhotos.Scene(1280, 960, crowd));
        Assert.Equal(("deny", "several_faces"), Said(seen["answer"]!.AsObject()));
        Assert.Equal(20, Bands(seen).Length);
        Assert.All(Bands(seen), Assert.NotNull);
        Assert.Contains("accept", Bands(seen));
        Assert.Contains("reject", Bands(seen));
        Assert.Equal(((10_000, 0), (10_000, 0)), (await _asha.WalletAsync(), await _ravi.WalletAsync()));
    }

    [Fact]
    public async Task The_same_person_twice_is_one_payer_and_operators_are_told()
    {
        using var operators = await _bed.OperatorAsync();
        using var console = await LiveAsync(operators);
        var twice = TestPhotos.Scene(
            960, 540, (0, Payer with { CentreX = 0.3f }),
            (0, Payer with { CentreX = 0.7f, FaceWidth = 170, Gain = 1 }));
        var answer = await _bed.SeeAsync("S1-in", twice);
        Assert.Equal(("open", "ok"), Said(answer));
        Assert.Equal((10_000, 2000), await _asha.WalletAsync());
        JsonObject told;
        do told = await StationSocket.HearAsync(console); while ((string)told["type"]! != "alert");
        var sighting = (string)answer["sighting_id"]!;
        Assert.Equal(
            ("operations", "same_face_twice", "S1-in", sighting),
            ((string)told["topic"]!, (string)told["data"]!["what"]!, (string)told["data"]!["station_id"]!,
                (string)told["data"]!["sighting_id"]!));
        Assert.Equal(
            ["sighting_id", "station_id", "station_name", "what"],
            told["data"]!.AsObject().Select(each => each.Key).Order());

        // A camera would say so with every frame: once a minute is enough.
        await _bed.SeeAsync("S1-in", twice);
        Assert.Equal(1L, await AlertsAsync());
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _bed.SeeAsync("S1-in", twice);
        Assert.Equal(2L, await AlertsAsync());
    }

    private async Task<long> AlertsAsync()
    {
        await using var count = _bed.Database.DataSource.CreateCommand(
            "select count(*) from audit_entry where what = 'same_face_twice' and who = 'station:S1-in'");
        return (long)(await count.ExecuteScalarAsync())!;
    }

    private async Task<ClientWebSocket> LiveAsync(HttpClient operators)
    {
        using var answer = await operators.PostAsync("/live/tickets", null);
        var ticket = (string)(await ServerBed.ReadAsync(answer, HttpStatusCode.Created))["ticket"]!;
        var socket = new ClientWebSocket();
        var address = _bed.Http.BaseAddress!;
        await socket.ConnectAsync(new Uri($"ws://{address.Authority}/ws/live?ticket={ticket}"), default);
        return socket;
    }

    private static string?[] Bands(JsonObject seen) =>
        [.. seen["faces"]!.AsArray().Select(face => (string?)face!["band"])];

    private static (string Decision, string Reason) Said(JsonObject answer) =>
        ((string)answer["decision"]!, (string)answer["reason"]!);
}
