using System.Net;
using System.Net.Http.Json;
using SightPay.Server.Tests.Plates;
using SightPay.Tests.Support;
using Xunit;

namespace SightPay.Server.Tests.Stations;

/// <summary>POST /pumps/{id}/sightings: who may say what a pump's camera sees.</summary>
public sealed class PlatePostTests : IAsyncLifetime
{
    private const string Plate = "WB02AK1234";

    private readonly ManualClock _clock = new();
    private ServerBed _bed = null!;
    private TestRider _asha = null!;

    public async Task InitializeAsync()
    {
        _bed = await ServerBed.StartAsync(_clock);
        _asha = await TestRider.SignUpAsync(_bed, "Asha Roy", 100_000);
        await _asha.RegisterAsync(Plate, autoPayMaxMinor: 50_000);
    }

    public async Task DisposeAsync()
    {
        _asha.Dispose();
        await _bed.DisposeAsync();
    }

    /// <summary>S3 believed anybody who posted a plate.</summary>
    [Fact]
    public async Task S3_unauth_plate_posts_only_a_pumps_own_key_says_what_its_camera_sees()
    {
        await RefusedAsync("station_key_invalid", HttpStatusCode.Unauthorized, stationKey: "");
        await RefusedAsync("station_key_invalid", HttpStatusCode.Unauthorized, stationKey: new string('A', 43));
        await RefusedAsync("wrong_station", HttpStatusCode.Forbidden, stationKey: _bed.StationKey("F1-P2"));
        await RefusedAsync("wrong_station", HttpStatusCode.Forbidden, stationKey: _bed.StationKey("S1-in"));
        await RefusedAsync("pump_not_found", HttpStatusCode.NotFound, "F9-P9");
        await RefusedAsync("pump_not_found", HttpStatusCode.NotFound, "S1-in");
        using (var person = await _asha.Http.PostAsJsonAsync("/pumps/F1-P1/sightings", Reads(1)))
            Assert.Equal(HttpStatusCode.Unauthorized, person.StatusCode);
        await RefusedAsync("idempotency_key_missing", HttpStatusCode.BadRequest, key: "");
        Assert.Equal(0L, await CountAsync("sighting"));
        Assert.Equal(0L, await CountAsync("station_counter"));
        Assert.Equal((100_000, 0), await _asha.WalletAsync());

        Assert.Equal("accept", (string)(await SayAsync(Reads(1)).OkAsync())["decision"]!);
        Assert.Equal(1L, await CountAsync("sighting"));

        async Task RefusedAsync(
            string code, HttpStatusCode status, string pump = "F1-P1", string? stationKey = null, string? key = null) =>
            Assert.Equal(code, await SayAsync(Reads(1), pump, stationKey, key).ProblemAsync(status));
    }

    [Fact]
    public async Task A_message_is_answered_again_under_its_key_and_refused_under_another()
    {
        var key = Guid.CreateVersion7().ToString();
        var first = await SayAsync(Reads(5), key: key).OkAsync();
        var again = await SayAsync(Reads(5), key: key).OkAsync();
        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        Assert.Equal(
            "idempotency_key_reused",
            await SayAsync(Reads(6), key: key).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        // Recorded and played back.
        Assert.Equal("counter_replayed", await SayAsync(Reads(5)).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("counter_replayed", await SayAsync(Reads(4)).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal(1L, await CountAsync("sighting"));
        await SayAsync(Reads(6)).OkAsync();
    }

    [Fact]
    public async Task What_is_no_message_is_refused_and_uses_nothing_up()
    {
        Assert.Equal("malformed_json", await SayAsync(new[] { Plate }).ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Equal("fields_invalid", await SayAsync(new { counter = 1, at = _clock.GetUtcNow() })
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("not_a_picture", await SendAsync(
            new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]), "image", "frame.jpg" } })
            .ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("multipart_expected", await SendAsync(new StringContent(Plate))
            .ProblemAsync(HttpStatusCode.UnsupportedMediaType));
        await SayAsync(Reads(1)).OkAsync();
    }

    [Fact]
    public async Task S3_next_car_gets_bill_what_waited_for_its_line_opens_no_bill()
    {
        var late = await SayAsync(Reads(1), sentAt: _clock.GetUtcNow().AddMinutes(20)).OkAsync();
        Assert.Equal(("reject", "too_late"), ((string)late["decision"]!, (string)late["reason"]!));
        Assert.Null(late["session"]);
        Assert.Equal((100_000, 0), await _asha.WalletAsync());
        // A clock that is wrong by hours is wrong in both.
        var fresh = await SayAsync(Reads(2, _clock.GetUtcNow().AddHours(7)), sentAt: _clock.GetUtcNow().AddHours(7))
            .OkAsync();
        Assert.Equal("accept", (string)fresh["decision"]!);
        Assert.DoesNotContain(Plate, fresh.ToJsonString());
    }

    private object Reads(long counter, DateTimeOffset? at = null) => new
    {
        counter, at = at ?? _clock.GetUtcNow(),
        plates = new[]
        {
            new { text = Plate, confidence = 0.97, box = new { x = 100, y = 300, width = 200, height = 50 } },
        },
    };

    private Task<HttpResponseMessage> SayAsync(
        object reads, string pump = "F1-P1", string? stationKey = null, string? key = null,
        DateTimeOffset? sentAt = null) => SendAsync(JsonContent.Create(reads), pump, stationKey, key, sentAt);

    /// <param name="stationKey">The pump's own when null, none when empty.</param>
    /// <param name="key">A new one when null, none when empty.</param>
    private async Task<HttpResponseMessage> SendAsync(
        HttpContent content, string pump = "F1-P1", string? stationKey = null, string? key = null,
        DateTimeOffset? sentAt = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/pumps/{pump}/sightings") { Content = content };
        if (sentAt is { } time) request.Headers.Add("X-Sent-At", time.ToString("O"));
        stationKey ??= _bed.StationKey("F1-P1");
        if (stationKey.Length > 0) request.Headers.Add("X-Station-Key", stationKey);
        key ??= Guid.CreateVersion7().ToString();
        if (key.Length > 0) request.Headers.Add("Idempotency-Key", key);
        return await _bed.Http.SendAsync(request);
    }

    private async Task<object?> CountAsync(string table)
    {
        await using var command = _bed.Database.DataSource.CreateCommand($"select count(*) from {table}");
        return await command.ExecuteScalarAsync();
    }
}
