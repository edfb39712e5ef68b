using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace SightPay.Station.Sending;

/// <summary>
/// Sends what the queue holds, oldest first, one at a time. A lost answer is asked for again with the same key; what
/// the server refuses is dropped and told; while it cannot be reached everything waits.
/// </summary>
internal sealed partial class SightingSender(
    AgentSettings settings, SightingQueue queue, HttpClient server, Action<JsonElement> heard, TimeProvider clock,
    ILogger<SightingSender> log)
{
    private static readonly TimeSpan _pauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _pauseMax = TimeSpan.FromSeconds(30);

    private enum Outcome
    {
        Taken,

        /// <summary>It will never be taken.</summary>
        Refused,

        /// <summary>It may be taken later, or was taken and the answer is lost.</summary>
        Unknown,
    }

    public async Task RunAsync(CancellationToken ct)
    {
        var pause = _pauseMin;
        while (true)
        {
            var sighting = await queue.OldestAsync(ct);
            switch (await SendAsync(sighting, ct))
            {
                case Outcome.Unknown:
                    await Task.Delay(pause, clock, ct);
                    pause = pause * 2 < _pauseMax ? pause * 2 : _pauseMax;
                    break;
                default:
                    queue.Done(sighting.Counter);
                    pause = _pauseMin;
                    break;
            }
        }
    }

    private async Task<Outcome> SendAsync(QueuedSighting sighting, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"pumps/{settings.Station}/sightings");
        request.Headers.Add("X-Station-Key", settings.Key);
        // By the clock that stamped the sighting: the server sees how long it waited, however wrong that clock is.
        request.Headers.Add("X-Sent-At", clock.GetUtcNow().ToString("O"));
        request.Headers.Add("Idempotency-Key", $"{settings.Station}/{sighting.Counter}");
        request.Content = new ByteArrayContent(sighting.Body)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
        try
        {
            using var answer = await server.SendAsync(request, ct);
            if (answer.IsSuccessStatusCode)
            {
                using var body = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(ct), default, ct);
                heard(body.RootElement);
                return Outcome.Taken;
            }
            LogAnswer(sighting.Counter, (int)answer.StatusCode);
            return answer.StatusCode switch
            {
                // A key can be put right; a server that is away or busy comes back.
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.RequestTimeout
                    or HttpStatusCode.TooManyRequests => Outcome.Unknown,
                >= HttpStatusCode.InternalServerError => Outcome.Unknown,
                _ => Outcome.Refused,
            };
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or JsonException
            || fault is TaskCanceledException && !ct.IsCancellationRequested)
        {
            LogAway(fault.Message);
            return Outcome.Unknown;
        }
    }

    [LoggerMessage(5020, LogLevel.Warning, "The server answered the sighting {Counter} with {Status}.")]
    private partial void LogAnswer(long counter, int status);

    [LoggerMessage(5021, LogLevel.Warning, "The server cannot be reached: {Reason}")]
    private partial void LogAway(string reason);
}
