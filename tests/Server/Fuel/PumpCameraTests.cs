using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Fuel;

/// <summary>What a pump's camera reads, from the message to the bill.</summary>
public sealed class PumpCameraTests : IAsyncLifetime
{
    private const string Plate = "WB02AK1234";

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestPump _pump = null!;
    private long _counter;
    private int _looks;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _pump = new TestPump(_bed);
    }

    public async Task DisposeAsync()
    {
        await _bed.AssertBooksAgreeAsync();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task What_an_edge_agent_reads_opens_the_session_of_that_car_and_shows_no_plate()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        var seen = await ReadAsync(new Read(Plate, 5)).OkAsync();
        Assert.Equal(("accept", "ok", "held"),
            ((string)seen["decision"]!, (string)seen["reason"]!, (string)seen["session"]!["state"]!));
        Assert.DoesNotContain(Plate, seen.ToJsonString());
        // The camera hangs: the same picture is no new sighting.
        var again = await ReadAsync(new Read(Plate, 5)).OkAsync();
        Assert.Equal((string)seen["session"]!["id"]!, (string)again["session"]!["id"]!);
        await _pump.FillAsync(10_000);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
        Assert.Equal("unknown_plate", (string)(await ReadAsync(new Read("WB77CC4321")).OkAsync())["reason"]!);
        Assert.Equal("no_plate", (string)(await ReadAsync().OkAsync())["reason"]!);
        Assert.Equal(0, await _bed.NumberAsync("select count(*) from pump_session where vehicle is null"));
    }

    [Fact]
    public async Task A_plate_that_may_be_two_asks_in_the_app_and_whoever_is_there_says_so()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        var seen = await ReadAsync(new Read(Plate, 5, Confidence: 0.3)).OkAsync();
        Assert.Equal(("ask", "ambiguous"), ((string)seen["decision"]!, (string)seen["reason"]!));
        Assert.Null(seen["session"]);
        Assert.Equal(1, await _bed.NumberAsync(
            $"select count(*) from outbox where kind = 'fuel_ask' and topic = 'person:{asha.Person.Id}'"));
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        var here = await PumpPeopleTests.ClaimAsync(asha, "F1-P1").OkAsync();
        Assert.Equal("offered", (string)here["state"]!);
        var again = await PumpPeopleTests.ClaimAsync(asha, "F1-P1").OkAsync();
        Assert.Equal((string)here["id"]!, (string)again["id"]!);
        Assert.Equal("car_elsewhere", await PumpPeopleTests.ClaimAsync(asha, "F1-P2")
            .ProblemAsync(HttpStatusCode.Conflict));
        await asha.ConfirmAsync((Guid)here["id"]!);
        Assert.Equal((Guid)here["id"]!, await _pump.FillAsync(10_000));
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
        using var ravi = await TestDriver.SignUpAsync(_bed, "WB02AB5678");
        Assert.Equal("vehicle_not_found", await ravi.Person.Http.WriteAsync(
            "/fuel-sessions", new { pump_id = "F1-P1", vehicle_id = asha.Vehicle })
            .ProblemAsync(HttpStatusCode.NotFound));
    }

    /// <summary>What came of watching a car for a while, as messages or pictures of one frame each.</summary>
    [Theory]
    [InlineData("one frame", "offered", "A")]
    [InlineData("four frames", "offered", "A B C D")]
    [InlineData("five frames", "held", "A B C D E")]
    [InlineData("an agent saw four", "offered", "A4")]
    [InlineData("an agent saw five", "held", "A5")]
    [InlineData("an agent saw a thousand", "held", "A1000")]
    [InlineData("an agent that counts on: its earlier frames are among the later ones", "offered", "A3 B4")]
    [InlineData("an agent that counts on, to the fifth", "held", "A1 B3 C5")]
    [InlineData("the same frame again and again", "offered", "A A A A A A A A")]
    [InlineData("the same frame, by an agent that counts it each time", "offered", "A1 A2 A5 A900")]
    [InlineData("a film of four frames that plays for ever", "offered", "A B C D A B C D A B C D")]
    [InlineData("the same frame twice among others", "offered", "A A B C D A")]
    [InlineData("readings that take turns: this plate and a part of it", "offered", "A p B p C p D p E p F p")]
    [InlineData("this plate and a stranger's in turn", "offered", "A s B s C s D s E s F")]
    [InlineData("a misread in between begins anew", "offered", "A B C p D E F G")]
    [InlineData("a misread in between, then enough", "held", "A B p C D E F G H")]
    [InlineData("somebody walks past", "held", "A B - C - D E")]
    [InlineData("one that nobody is sure of", "nothing", "a")]
    [InlineData("many that nobody is sure of", "offered", "a b c d e f")]
    [InlineData("an agent that is not sure of a hundred", "nothing", "a100")]
    [InlineData("an unsure one in between is no other reading, and no witness", "offered", "A a B C D")]
    [InlineData("an unsure one in between, and enough others", "held", "A a B C D E")]
    public async Task S3_next_car_gets_bill_A_plate_pays_by_itself_only_when_five_different_frames_in_a_row_agree(
        string what, string state, string frames)
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        foreach (var frame in frames.Split(' '))
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            var x = 100 + char.ToUpperInvariant(frame[0]);
            int? claimed = frame.Length > 1 ? int.Parse(frame[1..]) : null;
            await (frame[0] switch
            {
                '-' => ReadAsync(),
                's' => ReadAsync(new Read("WB77CC4321", claimed, x)),
                'p' => ReadAsync(new Read("WB02AK123", claimed, x)),
                >= 'a' => ReadAsync(new Read(Plate, claimed, x, 0.3)),
                _ => ReadAsync(new Read(Plate, claimed, x)),
            }).OkAsync();
        }
        var states = await asha.Person.Http.GetAsync("/fuel-sessions").OkAsync();
        Assert.Equal(
            state == "nothing" ? [] : [state],
            states["items"]!.AsArray().Select(each => (string)each!["state"]!));
        Assert.True((500_000, state == "held" ? 200_000 : 0) == await asha.WalletAsync(), what);
    }

    [Fact]
    public async Task Frames_of_two_registered_cars_in_turn_pay_for_neither()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        using var ravi = await TestDriver.SignUpAsync(_bed, "WB02AK5678", autoPayMaxMinor: 200_000);
        for (var i = 0; i < 8; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await ReadAsync(new Read(i % 2 == 0 ? Plate : "WB02AK5678", X: 100 + i)).OkAsync();
        }
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        Assert.Equal((500_000, 0), await ravi.WalletAsync());
        // Whoever stands there is asked, and whoever lifts the nozzle is asked again.
        var id = await _pump.FillAsync(10_000);
        Assert.Equal("delivered", await asha.StateAsync(id));
    }

    /// <summary>Frames of another pump's camera, and of a visit long ago, say nothing of who stands here now.</summary>
    [Fact]
    public async Task Frames_add_up_at_one_pump_and_within_one_visit()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        await LookAsync(4, "F1-P2");
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("at_another_pump", (string)(await LookAsync(4))["reason"]!);
        // Longer than a visit lasts, shorter than the offer.
        _clock.Advance(TimeSpan.FromSeconds(150));
        Assert.Equal("at_another_pump", (string)(await LookAsync(4))["reason"]!);
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        // The fifth that agrees: it changed over. The next one sets money aside, here.
        var moved = await LookAsync(1);
        Assert.Equal("offered", (string)moved["session"]!["state"]!);
        var held = await LookAsync(1);
        Assert.Equal((string)moved["session"]!["id"]!, (string)held["session"]!["id"]!);
        Assert.Equal((500_000, 200_000), await asha.WalletAsync());
    }

    /// <summary>She was set money aside for, and drove off without a drop. Whoever comes next is not registered, so no
    /// session of theirs stands beside hers; all that tells is that the camera sees another plate.</summary>
    [Fact]
    public async Task S3_next_car_gets_bill_A_stranger_at_the_pump_that_a_car_has_left_takes_none_of_its_money()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        var held = (Guid)(await ReadAsync(new Read(Plate, 5)).OkAsync())["session"]!["id"]!;
        _clock.Advance(TimeSpan.FromSeconds(90));
        await ReadAsync(new Read("WB77CC4321", 4, X: 1)).OkAsync();
        Assert.False((bool)(await asha.SessionAsync(held))["doubtful"]!);
        await ReadAsync(new Read("WB77CC4321", 5, X: 2)).OkAsync();
        Assert.True((bool)(await asha.SessionAsync(held))["doubtful"]!);
        Assert.Equal(held, await _pump.FillAsync(10_000));
        Assert.Equal("delivered", await asha.StateAsync(held));
        Assert.Equal((500_000, 200_000), await asha.WalletAsync());
        await asha.SayAsync(held, "decline").OkAsync();
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        using var boss = await _bed.OperatorAsync();
        await boss.WriteAsync($"/fuel-sessions/{held}/cash").OkAsync();
    }

    [Fact]
    public async Task A_car_that_is_seen_again_behind_whoever_stood_in_front_of_it_pays_by_itself_as_before()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        var held = (Guid)(await ReadAsync(new Read(Plate, 5)).OkAsync())["session"]!["id"]!;
        await ReadAsync(new Read("WB77CC4321", 9, X: 1)).OkAsync();
        await ReadAsync(new Read(Plate, 2, X: 2)).OkAsync();
        Assert.True((bool)(await asha.SessionAsync(held))["doubtful"]!);
        await ReadAsync(new Read(Plate, 6, X: 3)).OkAsync();
        Assert.False((bool)(await asha.SessionAsync(held))["doubtful"]!);
        // Its own plate, read with a doubt, is no other car.
        _clock.Advance(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 7; i++) await ReadAsync(new Read(Plate, 9, X: 10 + i, Confidence: 0.4)).OkAsync();
        Assert.False((bool)(await asha.SessionAsync(held))["doubtful"]!);
        Assert.Equal(held, await _pump.FillAsync(10_000));
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
    }

    /// <summary>A part of one plate read once at the next pump: the money stays where its car is.</summary>
    [Fact]
    public async Task One_frame_at_another_pump_takes_no_hold_away()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        var held = await ReadAsync(new Read(Plate, 5)).OkAsync();
        _clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal("at_another_pump", (string)(await ReadAsync(new Read(Plate, 4), "F1-P2").OkAsync())["reason"]!);
        Assert.Equal((Guid)held["session"]!["id"]!, await _pump.FillAsync(10_000));
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("1001")]
    [InlineData("2147483647")]
    [InlineData("99999999999999")]
    [InlineData("2.5")]
    [InlineData("\"many\"")]
    public async Task A_count_of_frames_that_no_visit_has_is_refused_and_uses_nothing_up(string frames)
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        const string Message =
            """
            {"counter":1,"at":"2026-05-01T12:00:00Z","plates":[{"text":"WB02AK1234","confidence":0.97,
            "box":{"x":1,"y":1,"width":200,"height":50},"frames":N}]}
            """;
        var json = Message.Replace("N}", $"{frames}}}", StringComparison.Ordinal);
        using (var refused = await SendAsync(new StringContent(json, null, "application/json"), "F1-P1"))
            Assert.InRange((int)refused.StatusCode, 400, 422);
        Assert.Equal(0, await _bed.NumberAsync("select count(*) from pump_session"));
        Assert.Equal((500_000, 0), await asha.WalletAsync());
        await ReadAsync(new Read(Plate)).OkAsync();
    }

    /// <summary>So many different frames of the car, one a second.</summary>
    /// <returns>What was said to the last.</returns>
    private async Task<JsonObject> LookAsync(int frames, string pump = "F1-P1")
    {
        var said = new JsonObject();
        for (var i = 0; i < frames; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            said = await ReadAsync(new Read(Plate, X: 100 + ++_looks), pump).OkAsync();
        }
        return said;
    }

    private sealed record Read(string Text, int? Frames = null, double X = 100, double Confidence = 0.97);

    private Task<HttpResponseMessage> ReadAsync(params Read[] plates) => ReadAsync(plates, "F1-P1");

    private Task<HttpResponseMessage> ReadAsync(Read plate, string pump) => ReadAsync([plate], pump);

    private Task<HttpResponseMessage> ReadAsync(Read[] plates, string pump) => SendAsync(
        JsonContent.Create(new
        {
            counter = ++_counter, at = _clock.GetUtcNow(),
            plates = plates.Select(plate => new
            {
                text = plate.Text, region = "in", confidence = plate.Confidence, frames = plate.Frames,
                characters = plate.Text.Select(character => new[]
                {
                    new { character = character.ToString(), probability = plate.Confidence },
                }),
                box = new { x = plate.X, y = 100, width = 200, height = 50 },
            }),
        }), pump);

    private async Task<HttpResponseMessage> SendAsync(HttpContent content, string pump)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/pumps/{pump}/sightings")
        {
            Content = content,
            Headers =
            {
                { "Idempotency-Key", Guid.CreateVersion7().ToString() },
                { "X-Station-Key", _bed.StationKey(pump) },
            },
        };
        return await _bed.Http.SendAsync(request);
    }
}
