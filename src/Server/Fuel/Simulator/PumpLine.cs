using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Fuel.Simulator;

/// <summary>What the server said to a message.</summary>
/// <param name="Status">HTTP status.</param>
internal sealed record PumpHeard(int Status, JsonObject Body)
{
    public bool IsGood => Status is >= 200 and < 300;

    /// <summary>The code of a problem, for people.</summary>
    public string Problem => $"{Status} {(string?)Body["code"] ?? "without a code"}";
}

/// <summary>
/// A pump's line to the server. A message gets its key before it is sent for the first time and keeps it until it is
/// answered, so whatever is lost on the way happens once. While the line is cut messages wait in their order; each try
/// says when it is made by the clock that says when it happened, since clocks of pumps are not to be trusted.
/// </summary>
internal sealed class PumpLine(HttpClient http, string pump, string key, TimeProvider clock)
{
    public const string StationKeyHeader = "X-Station-Key";

    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(8);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private TaskCompletionSource _restored = Completed();

    /// <summary>How far the pump's own clock is ahead.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>Told once of each message that gets no answer at first; it is sent again until it does.</summary>
    public Action? OnSilence { get; set; }

    /// <summary>Nothing gets through until <see cref="Restore"/>.</summary>
    public void Cut() => _restored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Restore() => _restored.TrySetResult();

    public bool IsCut => !_restored.Task.IsCompleted;

    /// <summary>Says it, once, and returns when the server has answered it, however long that takes.</summary>
    /// <param name="message">Gets its time; said again it is the same.</param>
    /// <param name="idempotencyKey">Null: a new one. The same one again is the same message again.</param>
    public async Task<PumpHeard> SayAsync(JsonObject message, CancellationToken ct, string? idempotencyKey = null)
    {
        message["at"] ??= clock.GetUtcNow() + Skew;
        var carried = idempotencyKey ?? Ids.Next(clock).ToString();
        // In the order in which things happened: a message that waits holds back those after it.
        await _turn.WaitAsync(ct);
        try
        {
            await _restored.Task.WaitAsync(ct);
            return await UntilAnsweredAsync(() => Request(message), carried, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What is dropped when it does not get through: the next one is as good.</summary>
    /// <returns>Null: nobody heard it.</returns>
    public async Task<PumpHeard?> MentionAsync(JsonObject message, CancellationToken ct) =>
        IsCut ? null : await TryAsync(() => Request(message), null, ct);

    /// <summary>The camera shows a picture.</summary>
    public Task<PumpHeard> ShowAsync(byte[] picture, CancellationToken ct) => UntilAnsweredAsync(
        () =>
        {
            var form = new MultipartFormDataContent();
            form.Add(new ByteArrayContent(picture), "image", "picture");
            return new HttpRequestMessage(HttpMethod.Post, $"pumps/{pump}/sightings") { Content = form };
        }, Ids.Next(clock).ToString(), ct);

    /// <summary>The pump as the server knows it: its nozzles and what they cost.</summary>
    public async Task<PumpHeard> SelfAsync(CancellationToken ct) =>
        await UntilAnsweredAsync(() => new HttpRequestMessage(HttpMethod.Get, $"pumps/{pump}"), null, ct);

    private HttpRequestMessage Request(JsonObject message) => new(HttpMethod.Post, $"pumps/{pump}/events")
    {
        Content = new StringContent(
            message.ToJsonString(ApiJson.Options), new MediaTypeHeaderValue("application/json", "utf-8")),
    };

    private async Task<PumpHeard> UntilAnsweredAsync(
        Func<HttpRequestMessage> make, string? idempotencyKey, CancellationToken ct)
    {
        for (var pause = _firstPause; ; pause = pause * 2 < _longestPause ? pause * 2 : _longestPause)
        {
            if (await TryAsync(make, idempotencyKey, ct) is { } heard) return heard;
            if (pause == _firstPause) OnSilence?.Invoke();
            await Task.Delay(pause, clock, ct);
        }
    }

    /// <returns>Null when nothing is known: it is asked again.</returns>
    private async Task<PumpHeard?> TryAsync(
        Func<HttpRequestMessage> make, string? idempotencyKey, CancellationToken ct)
    {
        try
        {
            using var request = make();
            request.Headers.Add(StationKeyHeader, key);
            request.Headers.Add(MessageWait.Header, (clock.GetUtcNow() + Skew).ToString("O"));
            if (idempotencyKey is not null) request.Headers.Add(Idempotency.KeyHeader, idempotencyKey);
            using var answer = await http.SendAsync(request, ct);
            var heard = new PumpHeard((int)answer.StatusCode, ObjectOf(await answer.Content.ReadAsStringAsync(ct)));
            return heard.Status >= 500 || (bool?)heard.Body["retryable"] == true ? null : heard;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException
            || (fault is TaskCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    private static JsonObject ObjectOf(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static TaskCompletionSource Completed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
