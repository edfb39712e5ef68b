using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace SightPay.Server.Payments.Stripe;

/// <summary>
/// Calls of Stripe's REST API (docs.stripe.com/api): form-encoded, with an idempotency key and retries, each ending in
/// one of three outcomes. A provider that is silent is left alone for a while, so that it holds nobody up.
/// </summary>
internal sealed class StripeApi(StripeSettings settings, HttpMessageHandler handler, TimeProvider clock) : IDisposable
{
    /// <summary>The version that this code was written for; an account's default may be another.</summary>
    public const string Version = "2025-03-31.basil";

    private const int TriesMax = 3;

    /// <summary>After so many tries without an answer the next calls end at once, for a while.</summary>
    private const int SilentMax = 5;
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    private int _silent;
    private long _leftAloneSince;

    /// <param name="idempotencyKey">Null for reads.</param>
    public async Task<ProviderCall<JsonElement>> SendAsync(
        HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>> form, string? idempotencyKey,
        CancellationToken ct)
    {
        if (_silent >= SilentMax && clock.GetElapsedTime(_leftAloneSince) < settings.LeaveAlone)
            return new ProviderCall<JsonElement>.Unknown("the provider has been silent and is left alone for a while");
        var pause = settings.RetryAfter;
        for (var tries = 1; ; tries++)
        {
            var (call, mayRetry, wait) = await TryAsync(method, path, form, idempotencyKey, ct);
            Remember(call);
            if (!mayRetry || tries == TriesMax) return call;
            // Chance in the pause, so that callers who failed together do not come back together.
            var percent = RandomNumberGenerator.GetInt32(50, 101);
            await Task.Delay(wait ?? pause * percent / 100, clock, ct);
            pause *= 2;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<(ProviderCall<JsonElement> Call, bool MayRetry, TimeSpan? Wait)> TryAsync(
        HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>> form, string? idempotencyKey,
        CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(settings.Address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", settings.SecretKey);
        request.Headers.Add("Stripe-Version", Version);
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        if (form.Count > 0) request.Content = new FormUrlEncodedContent(form);
        using var late = new CancellationTokenSource(settings.TryWithin, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            using var answer = await _http.SendAsync(request, either.Token);
            var body = await answer.Content.ReadAsByteArrayAsync(either.Token);
            return Read(answer, body);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException
            || (fault is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // The request may have arrived. The same key makes asking again harmless.
            return (new ProviderCall<JsonElement>.Unknown(fault.GetType().Name), true, null);
        }
    }

    private static (ProviderCall<JsonElement> Call, bool MayRetry, TimeSpan? Wait) Read(
        HttpResponseMessage answer, byte[] body)
    {
        if (Parse(body) is not { ValueKind: JsonValueKind.Object } json)
            return (new ProviderCall<JsonElement>.Unknown($"no JSON with status {(int)answer.StatusCode}"), true, null);
        if (answer.IsSuccessStatusCode) return (new ProviderCall<JsonElement>.Succeeded(json), false, null);
        var error = json.TryGetProperty("error", out var told) ? told : default;
        var code = Text(error, "decline_code") ?? Text(error, "code") ?? Text(error, "type") ?? "error";
        var isUnsure = answer.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests
            || (int)answer.StatusCode >= 500 || Text(error, "type") == "idempotency_error";
        var shouldRetry = answer.Headers.TryGetValues("Stripe-Should-Retry", out var words)
            ? words.First() == "true"
            : isUnsure && Text(error, "type") != "idempotency_error";
        if (!isUnsure) return (new ProviderCall<JsonElement>.Failed(code), false, null);
        var wait = answer.Headers.RetryAfter?.Delta;
        return (
            new ProviderCall<JsonElement>.Unknown($"status {(int)answer.StatusCode}, {code}"), shouldRetry,
            wait > RetryAfterMax ? RetryAfterMax : wait);
    }

    private void Remember(ProviderCall<JsonElement> call)
    {
        if (call is not ProviderCall<JsonElement>.Unknown) Interlocked.Exchange(ref _silent, 0);
        else if (Interlocked.Increment(ref _silent) >= SilentMax) _leftAloneSince = clock.GetTimestamp();
    }

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
