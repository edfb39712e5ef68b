using Microsoft.AspNetCore.Http.Features;
using SightPay.Server.Api;

namespace SightPay.Server.Payments;

/// <summary>
/// POST /webhooks/{provider}: verify the raw bytes, store them, answer; what they mean is worked out afterwards from
/// the inbox. A provider that repeats itself is told 200 again.
/// </summary>
internal sealed class ReceiveWebhook(
    PaymentProviders providers, InboxStore inbox, InboxSignal signal, PaymentSettings settings, TimeProvider clock)
{
    /// <summary>No provider sends more; whoever does is a stranger, and strangers are not read to the end.</summary>
    private const int BodyBytesMax = 64 * 1024;

    public async Task<IResult> RunAsync(HttpContext http, string provider, CancellationToken ct)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = BodyBytesMax;
        var body = await RequestBody.OfAsync(http);
        return await RunAsync(provider, http.Request.Headers, body.Bytes, ct);
    }

    public async Task<IResult> RunAsync(
        string provider, IHeaderDictionary headers, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        if (providers.Find(provider) is not { } known)
            return Problems.Of(404, "provider_not_found", "There is no such provider.");
        var now = clock.GetUtcNow();
        var (verdict, eventId) = known.Judge(headers, body.Span, now, settings.WebhookSkew);
        switch (verdict)
        {
            case WebhookVerdict.Forged:
                return Problems.Of(401, "webhook_signature_invalid", "The message is not signed by the provider.");
            case WebhookVerdict.Stale:
                return Problems.Of(401, "webhook_stale", "The message's time is too far from ours.");
        }
        await inbox.AddAsync(known.Name, eventId!, body, now, ct);
        signal.Set();
        return Results.Json(new { Received = true }, ApiJson.Options);
    }
}
