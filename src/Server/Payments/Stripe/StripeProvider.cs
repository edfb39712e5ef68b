using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SightPay.Ledger;

namespace SightPay.Server.Payments.Stripe;

/// <summary>
/// Stripe, by PaymentIntents (docs.stripe.com/payments/payment-intents): created and confirmed in one call with the
/// token of a card or of Google Pay. Our reference is the idempotency key and stands in the metadata.
/// </summary>
internal sealed class StripeProvider(StripeSettings settings, StripeApi api) : IPaymentProvider
{
    public const string ProviderName = "stripe";

    private const string ReferenceName = "sightpay_reference";

    /// <summary>Stripe's clock is not ours, and a call takes its time.</summary>
    private static readonly TimeSpan LookAround = TimeSpan.FromMinutes(5);

    public string Name => ProviderName;

    public PaymentMethods Methods { get; } = new(
        ProviderName, [], settings.PublishableKey,
        new Dictionary<string, string>
        {
            ["gateway"] = "stripe",
            ["stripe:version"] = StripeApi.Version,
            ["stripe:publishableKey"] = settings.PublishableKey,
        });

    public string? Objection(PaymentMethod? method) => method switch
    {
        null => "Name the method: the token that Stripe or Google Pay gave for it.",
        { Type: "card", Token: var token } when IsToken(token) => null,
        { Type: "google_pay", Token: var token } when IsToken(TokenOfGooglePay(token)) => null,
        _ => "The method is a card's token (tok_..., pm_...) or what Google Pay gave for the gateway stripe.",
    };

    public async Task<ProviderCall<ProviderPayment>> CreateAsync(
        Guid reference, Money amount, PaymentMethod? method, CancellationToken ct)
    {
        // Forgotten once a payment has failed; whoever asks after that has nothing to ask with.
        if (method is null) return new ProviderCall<ProviderPayment>.Failed("payment_method_missing");
        var token = method.Type == "google_pay" ? TokenOfGooglePay(method.Token)! : method.Token;
        List<KeyValuePair<string, string>> form =
        [
            new("amount", amount.AmountMinor.ToString(CultureInfo.InvariantCulture)),
            new("currency", amount.Currency.ToLowerInvariant()),
            new("confirm", "true"),
            new("return_url", settings.ReturnUrl.ToString()),
            new("payment_method_types[]", "card"),
            new($"metadata[{ReferenceName}]", reference.ToString()),
            .. token.StartsWith("pm_", StringComparison.Ordinal)
                ? [new("payment_method", token)]
                : (KeyValuePair<string, string>[])
                    [new("payment_method_data[type]", "card"), new("payment_method_data[card][token]", token)],
        ];
        var call = await api.SendAsync(
            HttpMethod.Post, "/v1/payment_intents", form, $"sightpay-{reference}", ct);
        return call switch
        {
            ProviderCall<JsonElement>.Succeeded { Value: var json } when PaymentOf(json) is { } payment =>
                new ProviderCall<ProviderPayment>.Succeeded(payment),
            ProviderCall<JsonElement>.Succeeded =>
                new ProviderCall<ProviderPayment>.Unknown("the answer is no payment of ours"),
            ProviderCall<JsonElement>.Failed { Code: var code } => new ProviderCall<ProviderPayment>.Failed(code),
            ProviderCall<JsonElement>.Unknown { Why: var why } => new ProviderCall<ProviderPayment>.Unknown(why),
            _ => throw new InvalidOperationException("A call has one of three outcomes."),
        };
    }

    public async Task<ProviderCall<ProviderPayment?>> FetchAsync(string providerPaymentId, CancellationToken ct)
    {
        var id = Uri.EscapeDataString(providerPaymentId);
        switch (await api.SendAsync(HttpMethod.Get, $"/v1/payment_intents/{id}", [], null, ct))
        {
            case ProviderCall<JsonElement>.Succeeded { Value: var json } when PaymentOf(json) is not { } payment
                || payment.Status != ProviderPaymentStatus.Succeeded:
                return new ProviderCall<ProviderPayment?>.Succeeded(PaymentOf(json));
            case ProviderCall<JsonElement>.Succeeded { Value: var json }:
                return await WithWhatWentBackAsync(PaymentOf(json)!, id, ct);
            case ProviderCall<JsonElement>.Failed { Code: "resource_missing" }:
                return new ProviderCall<ProviderPayment?>.Succeeded(null);
            case ProviderCall<JsonElement>.Failed { Code: var code }:
                // A refused read says nothing about the payment.
                return new ProviderCall<ProviderPayment?>.Unknown(code);
            case ProviderCall<JsonElement>.Unknown { Why: var why }:
                return new ProviderCall<ProviderPayment?>.Unknown(why);
            default:
                throw new InvalidOperationException("A call has one of three outcomes.");
        }
    }

    /// <summary>Read after the payment has succeeded: what is known of it is then never older than the success.
    /// </summary>
    private async Task<ProviderCall<ProviderPayment?>> WithWhatWentBackAsync(
        ProviderPayment payment, string id, CancellationToken ct)
    {
        try
        {
            var disputes = await ListAllAsync($"/v1/disputes?payment_intent={id}", ct).ToListAsync(ct);
            var refunds = await ListAllAsync($"/v1/refunds?payment_intent={id}", ct).ToListAsync(ct);
            return new ProviderCall<ProviderPayment?>.Succeeded(payment with
            {
                Dispute = disputes.Select(DisputeOf).FirstOrDefault(dispute => dispute is not null),
                Refunds = [.. refunds.Select(RefundOf).OfType<ProviderRefund>()],
            });
        }
        catch (HttpRequestException fault)
        {
            return new ProviderCall<ProviderPayment?>.Unknown(fault.Message);
        }
    }

    public async Task<ProviderCall<ProviderPayment?>> CancelAsync(string providerPaymentId, CancellationToken ct)
    {
        var call = await api.SendAsync(
            HttpMethod.Post, $"/v1/payment_intents/{Uri.EscapeDataString(providerPaymentId)}/cancel",
            [new("cancellation_reason", "abandoned")], $"sightpay-cancel-{providerPaymentId}", ct);
        return call is ProviderCall<JsonElement>.Unknown { Why: var why }
            ? new ProviderCall<ProviderPayment?>.Unknown(why)
            // Also where it was refused: what has succeeded or ended cannot be cancelled.
            : await FetchAsync(providerPaymentId, ct);
    }

    public async Task<ProviderCall<ProviderRefund>> RefundAsync(
        Guid reference, string providerPaymentId, Money amount, CancellationToken ct)
    {
        var call = await api.SendAsync(
            HttpMethod.Post, "/v1/refunds",
            [
                new("payment_intent", providerPaymentId),
                new("amount", amount.AmountMinor.ToString(CultureInfo.InvariantCulture)),
                new($"metadata[{ReferenceName}]", reference.ToString()),
            ], $"sightpay-refund-{reference}", ct);
        return call switch
        {
            ProviderCall<JsonElement>.Succeeded { Value: var json } when RefundOf(json) is { } refund =>
                new ProviderCall<ProviderRefund>.Succeeded(refund),
            ProviderCall<JsonElement>.Succeeded => new ProviderCall<ProviderRefund>.Unknown("the answer is no refund"),
            ProviderCall<JsonElement>.Failed { Code: var code } => new ProviderCall<ProviderRefund>.Failed(code),
            ProviderCall<JsonElement>.Unknown { Why: var why } => new ProviderCall<ProviderRefund>.Unknown(why),
            _ => throw new InvalidOperationException("A call has one of three outcomes."),
        };
    }

    /// <summary>
    /// Reads the list and not the search: that one lags behind what was made a minute ago
    /// (docs.stripe.com/search#data-freshness). A payment that took the money counts before one that did not.
    /// </summary>
    public async Task<ProviderCall<ProviderPayment?>> FindAsync(
        Guid reference, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        ProviderPayment? found = null;
        try
        {
            await foreach (var (payment, _) in ListAsync(from - LookAround, to + LookAround, ct))
                if (payment.Reference == reference && found?.Status != ProviderPaymentStatus.Succeeded)
                    found = payment;
        }
        catch (HttpRequestException fault)
        {
            return new ProviderCall<ProviderPayment?>.Unknown(fault.Message);
        }
        return found is null
            ? new ProviderCall<ProviderPayment?>.Succeeded(null)
            : await FetchAsync(found.Id, ct);
    }

    /// <summary>Newest first, as Stripe lists them.</summary>
    public async IAsyncEnumerable<ReportedPayment> ListAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var json in ListAllAsync($"/v1/payment_intents?{Period(from, to)}", ct))
            // Others may take money by the same account: what does not bear our reference is not ours.
            if (PaymentOf(json) is { } payment && CreatedOf(json) is { } at) yield return new(payment, at);
    }

    public async IAsyncEnumerable<ReportedReturn> ListReturnsAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var kind in (string[])["refunds", "disputes"])
            await foreach (var json in ListAllAsync($"/v1/{kind}?{Period(from, to)}", ct))
                if (StripeApi.Text(json, "payment_intent") is { } payment && CreatedOf(json) is { } at)
                    yield return new(payment, at);
    }

    /// <summary>All pages of a list.</summary>
    private async IAsyncEnumerable<JsonElement> ListAllAsync(
        string path, [EnumeratorCancellation] CancellationToken ct)
    {
        string? after = null;
        do
        {
            var call = await api.SendAsync(
                HttpMethod.Get, $"{path}&limit=100{(after is null ? "" : $"&starting_after={after}")}", [], null, ct);
            if (call is not ProviderCall<JsonElement>.Succeeded { Value: var page }
                || !page.TryGetProperty("data", out var items) || items.ValueKind != JsonValueKind.Array)
                throw new HttpRequestException($"A list of Stripe's could not be read: {path.Split('?')[0]}.");
            after = null;
            foreach (var json in items.EnumerateArray())
            {
                after = StripeApi.Text(json, "id");
                yield return json;
            }
            if (!page.TryGetProperty("has_more", out var more) || more.ValueKind != JsonValueKind.True) after = null;
        }
        while (after is not null);
    }

    /// <summary>Stripe counts whole seconds.</summary>
    private static string Period(DateTimeOffset from, DateTimeOffset to) => string.Create(
        CultureInfo.InvariantCulture,
        $"created[gte]={from.ToUnixTimeSeconds()}&created[lt]={to.ToUnixTimeSeconds() + 1}");

    private static DateTimeOffset? CreatedOf(JsonElement json) =>
        json.TryGetProperty("created", out var created) && created.TryGetInt64(out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    public WebhookJudgement Judge(
        IHeaderDictionary headers, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan skew)
    {
        var verdict = StripeSignature.Judge(
            settings.WebhookSecrets, headers[StripeSignature.HeaderName].FirstOrDefault(), body, now, skew);
        if (verdict != WebhookVerdict.Genuine) return new(verdict, null);
        var id = Parse(body) is { } message ? StripeApi.Text(message, "id") : null;
        return id is { Length: > 0 and <= 200 } ? new(verdict, id) : new(WebhookVerdict.Forged, null);
    }

    public string? PaymentIdOf(ReadOnlySpan<byte> message)
    {
        if (Parse(message) is not { ValueKind: JsonValueKind.Object } json) return null;
        // A test account's message is none of a live installation's, and the other way round.
        if (json.TryGetProperty("livemode", out var live) && live.ValueKind is JsonValueKind.True or JsonValueKind.False
            && live.GetBoolean() != settings.IsLive) return null;
        if (!json.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object
            || !data.TryGetProperty("object", out var about)) return null;
        return StripeApi.Text(about, "object") == "payment_intent"
            ? StripeApi.Text(about, "id")
            : StripeApi.Text(about, "payment_intent");
    }

    private static ProviderPayment? PaymentOf(JsonElement json)
    {
        if (StripeApi.Text(json, "id") is not { } id || StripeApi.Text(json, "currency") is not { } currency
            || !json.TryGetProperty("amount", out var amount) || !amount.TryGetInt64(out var minor)
            || !json.TryGetProperty("metadata", out var metadata)
            || !Guid.TryParse(StripeApi.Text(metadata, ReferenceName), out var reference)) return null;
        var status = StripeApi.Text(json, "status") switch
        {
            "succeeded" => ProviderPaymentStatus.Succeeded,
            "requires_action" => ProviderPaymentStatus.ActionNeeded,
            "requires_payment_method" or "canceled" => ProviderPaymentStatus.Failed,
            _ => ProviderPaymentStatus.Pending,
        };
        return new ProviderPayment(id, reference, new Money(minor, currency.ToUpperInvariant()), status)
        {
            ActionUrl = json.TryGetProperty("next_action", out var next) && next.ValueKind == JsonValueKind.Object
                && next.TryGetProperty("redirect_to_url", out var redirect) ? StripeApi.Text(redirect, "url") : null,
            FailureCode = json.TryGetProperty("last_payment_error", out var error)
                && error.ValueKind == JsonValueKind.Object
                ? StripeApi.Text(error, "decline_code") ?? StripeApi.Text(error, "code")
                : StripeApi.Text(json, "cancellation_reason"),
        };
    }

    /// <summary>Inquiries (<c>warning_...</c>) move no money; of several disputes the newest counts.</summary>
    private static ProviderDispute? DisputeOf(JsonElement dispute)
    {
        if (!dispute.TryGetProperty("amount", out var amount) || !amount.TryGetInt64(out var minor)) return null;
        return StripeApi.Text(dispute, "status") switch
        {
            "won" => new(DisputeState.Won, minor),
            "lost" => new(DisputeState.Lost, minor),
            "needs_response" or "under_review" => new(DisputeState.Open, minor),
            _ => null,
        };
    }

    private static ProviderRefund? RefundOf(JsonElement refund)
    {
        if (StripeApi.Text(refund, "id") is not { } id || !refund.TryGetProperty("amount", out var amount)
            || !amount.TryGetInt64(out var minor)) return null;
        Guid? reference = refund.TryGetProperty("metadata", out var metadata)
            && Guid.TryParse(StripeApi.Text(metadata, ReferenceName), out var ours) ? ours : null;
        var status = StripeApi.Text(refund, "status") switch
        {
            "succeeded" => ProviderRefundStatus.Succeeded,
            "failed" or "canceled" => ProviderRefundStatus.Failed,
            _ => ProviderRefundStatus.Pending,
        };
        return new(id, reference, minor, status) { FailureCode = StripeApi.Text(refund, "failure_reason") };
    }

    /// <summary>Google Pay wraps Stripe's token into JSON.</summary>
    private static string? TokenOfGooglePay(string token) =>
        Parse(System.Text.Encoding.UTF8.GetBytes(token)) is { } json ? StripeApi.Text(json, "id") : token;

    private static bool IsToken(string? token) =>
        token is { Length: <= 200 } && (token.StartsWith("tok_", StringComparison.Ordinal)
            || token.StartsWith("pm_", StringComparison.Ordinal))
        && token.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private static JsonElement? Parse(ReadOnlySpan<byte> body)
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
}
