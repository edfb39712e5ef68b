using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SightPay.Station.Cameras;
using SightPay.Station.Plates;
using SightPay.Station.Sending;
using SightPay.Tests.Support;
using SightPay.Vision.Plates;
using SightPay.Vision.Visits;
using Xunit;

namespace SightPay.Station.Tests.Sending;

/// <summary>The queue of a pump's agent and the real server, over a line that can be cut.</summary>
public sealed class SightingSenderTests : IAsyncLifetime
{
    private const string Pump = "F1-P1", Plate = "WB02AB1234";

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(90));
    private readonly Channel<JsonElement> _heard = Channel.CreateUnbounded<JsonElement>();
    private readonly List<Task> _running = [];
    private TestServer _server = null!;
    private Line _line = null!;
    private HttpClient _driver = null!;
    private HttpClient _agent = null!;
    private SightingQueue _queue = null!;
    private volatile bool _refused;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _line = new Line(_server.Http.BaseAddress!);
        _driver = await DriverAsync();
        _agent = new HttpClient { BaseAddress = _line.Address };
        _queue = new(_folder.Path, "key", new(), TimeProvider.System, NullLogger<SightingQueue>.Instance);
    }

    public async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _queue.Dispose();
        _agent.Dispose();
        _driver.Dispose();
        await _line.DisposeAsync();
        await _server.DisposeAsync();
        _end.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_registered_car_has_the_pump()
    {
        See(Plate);
        _ = Send();

        var answer = await HearAsync();

        Assert.Equal(("accept", "offered"), (Decision(answer), State(answer)));
        Assert.Single(await SessionsAsync());
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_and_the_car_comes_once()
    {
        _line.LosesAnswers = true;
        See(Plate);
        _ = Send();
        while (_line.Lost == 0) await Task.Delay(20, _end.Token);
        Assert.Equal(1, _queue.Count);
        _line.LosesAnswers = false;

        var answer = await HearAsync();

        Assert.Equal("accept", Decision(answer));
        await _queue.EmptyAsync(_end.Token);
        Assert.Single(await SessionsAsync());
    }

    [Fact]
    public async Task While_the_line_is_down_they_wait_and_go_out_in_their_order()
    {
        _line.IsDown = true;
        See(Plate);
        See("WB77CC4321");
        _ = Send();
        await Task.Delay(50, _end.Token);
        Assert.Equal(2, _queue.Count);
        _line.IsDown = false;

        Assert.Equal("accept", Decision(await HearAsync()));
        Assert.Equal("reject", Decision(await HearAsync()));
    }

    /// <summary>The car has long left, and the next one must not get its bill.</summary>
    [Fact]
    public async Task S3_next_car_gets_bill_what_waited_for_an_hour_opens_no_session()
    {
        See(Plate, TimeProvider.System.GetUtcNow().AddHours(-1));
        _ = Send();

        var answer = await HearAsync();

        Assert.Equal(("reject", "too_late"), (Decision(answer), answer.GetProperty("reason").GetString()));
        Assert.Empty(await SessionsAsync());
    }

    [Fact]
    public async Task What_the_server_refuses_holds_up_nothing()
    {
        _queue.Add(TimeProvider.System.GetUtcNow(), _ => "{}"u8.ToArray());
        See(Plate);
        _ = Send();

        Assert.Equal("accept", Decision(await HearAsync()));
    }

    [Fact]
    public async Task With_a_key_that_was_ended_everything_waits_for_a_new_one()
    {
        See(Plate);
        var asking = Send("ended");
        while (_queue.Count == 1 && !asking.IsCompleted && !_refused) await Task.Delay(20, _end.Token);

        Assert.Equal(1, _queue.Count);
        Assert.False(asking.IsCompleted);
    }

    private void See(string plate, DateTimeOffset? at = null)
    {
        var seen = at ?? TimeProvider.System.GetUtcNow();
        var read = new ReadPlate(
            plate, "in", [.. plate.Select(glyph => new PlateCharacter([new(glyph, 0.99f)]))],
            PlateQuad.Of(new(400, 300, 200, 50)));
        _queue.Add(seen, counter => PlateMessage.Write(counter, seen, [new VisitingCar(read, 1, 3, true)]));
    }

    private Task Send(string? key = null)
    {
        var settings = new AgentSettings(
            _line.Address, Pump, key ?? _server.Demo.Stations[Pump], new(CameraKind.Photo, "unused.jpg"),
            SightPay.Station.Watching.Plates, "in", _folder.Path, _folder.Path);
        var sender = new SightingSender(
            settings, _queue, _agent, answer => _heard.Writer.TryWrite(answer.Clone()), TimeProvider.System,
            new Refusals(() => _refused = true));
        var sending = sender.RunAsync(_end.Token);
        _running.Add(sending);
        return sending;
    }

    private async Task<JsonElement> HearAsync() => await _heard.Reader.ReadAsync(_end.Token);

    private static string? Decision(JsonElement answer) => answer.GetProperty("decision").GetString();

    private static string? State(JsonElement answer) => answer.GetProperty("session").GetProperty("state").GetString();

    private async Task<JsonElement[]> SessionsAsync() =>
        [.. (await _driver.GetFromJsonAsync<JsonElement>("/fuel-sessions")).GetProperty("items").EnumerateArray()];

    /// <summary>Somebody with a car.</summary>
    private async Task<HttpClient> DriverAsync()
    {
        const string email = "asha@example.org", password = "correct horse battery";
        using var created = await _server.Http.PostAsJsonAsync("/users", new { name = "Asha", email, password });
        var id = (await ReadAsync(created)).GetProperty("id").GetGuid();
        using var signedIn = await _server.Http.PostAsJsonAsync("/auth/token", new { email, password });
        var driver = new HttpClient { BaseAddress = _server.Http.BaseAddress };
        driver.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await ReadAsync(signedIn)).GetProperty("access_token").GetString());
        using var agreed = await driver.PostAsJsonAsync($"/users/{id}/consents", new { purpose = "plate" });
        await ReadAsync(agreed);
        using var registered = await driver.PostAsJsonAsync(
            "/vehicles", new { plate = Plate, region = "in", fuel = "petrol", auto_pay_max_minor = 0, name = "Red" });
        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
        return driver;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Hears of refusals as an operator does: from the log.</summary>
    private sealed class Refusals(Action refused) : ILogger<SightingSender>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).Contains("401", StringComparison.Ordinal)) refused();
        }
    }
}
