using System.Net;
using System.Net.Http.Json;
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
        var seen = await ReadAsync(Plate).OkAsync();
        Assert.Equal(("accept", "ok", "held"),
            ((string)seen["decision"]!, (string)seen["reason"]!, (string)seen["session"]!["state"]!));
        Assert.DoesNotContain(Plate, seen.ToJsonString());
        // The camera hangs: the same picture is no new sighting.
        var again = await ReadAsync(Plate).OkAsync();
        Assert.Equal((string)seen["session"]!["id"]!, (string)again["session"]!["id"]!);
        await _pump.FillAsync(10_000);
        Assert.Equal((500_000 - 105_410, 0), await asha.WalletAsync());
        Assert.Equal("unknown_plate", (string)(await ReadAsync("WB77CC4321").OkAsync())["reason"]!);
        Assert.Equal("no_plate", (string)(await ReadAsync().OkAsync())["reason"]!);
        Assert.Equal(0, await _bed.NumberAsync("select count(*) from pump_session where vehicle is null"));
    }

    [Fact]
    public async Task A_plate_that_may_be_two_asks_in_the_app_and_whoever_is_there_says_so()
    {
        using var asha = await TestDriver.SignUpAsync(_bed, Plate, autoPayMaxMinor: 200_000);
        var seen = await ReadAsync(0.3, Plate).OkAsync();
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

    private Task<HttpResponseMessage> ReadAsync(params string[] plates) => ReadAsync(0.97, plates);

    private async Task<HttpResponseMessage> ReadAsync(double confidence, params string[] plates)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/pumps/F1-P1/sightings")
        {
            Content = JsonContent.Create(new
            {
                counter = ++_counter, at = _clock.GetUtcNow(),
                plates = plates.Select(text => new
                {
                    text, region = "in", confidence,
                    characters = text.Select(character => new[]
                    {
                        new { character = character.ToString(), probability = confidence },
                    }),
                    box = new { x = 100, y = 100, width = 200, height = 50 },
                }),
            }),
            Headers =
            {
                { "Idempotency-Key", Guid.CreateVersion7().ToString() },
                { "X-Station-Key", _bed.StationKey("F1-P1") },
            },
        };
        return await _bed.Http.SendAsync(request);
    }
}
