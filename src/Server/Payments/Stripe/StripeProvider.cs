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
            ProviderCall<JsonElement>.Succeeded { Value: var json } when PaymentOf(json, null) is { } payment =>
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
            case ProviderCall<JsonElement>.Succeeded { Value: var json }:
                if (StripeApi.Text(json, "status") != "succeeded")
                    return new ProviderCall<ProviderPayment?>.Succeeded(PaymentOf(json, null));
                var list = await api.SendAsync(HttpMethod.Get, $"/v1/disputes?payment_intent={id}", [], null, ct);
                return list is ProviderCall<JsonElement>.Succeeded { Value: var disputes }
                    ? new ProviderCall<ProviderPayment?>.Succeeded(PaymentOf(json, DisputeOf(disputes)))
                    : new ProviderCall<ProviderPayment?>.Unknown("the disputes could not be read");
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

    /// <summary>Newest first, as Stripe lists them. Disputes are no part of its list.</summary>
    public async IAsyncEnumerable<ReportedPayment> ListAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken ct)
    {
        // Stripe counts whole seconds.
        var period = string.Create(CultureInfo.InvariantCulture,
            $"created[gte]={from.ToUnixTimeSeconds()}&created[lt]={to.ToUnixTimeSeconds() + 1}");
        string? after = null;
        do
        {
            var path = $"/v1/payment_intents?limit=100&{period}{(after is null ? "" : $"&starting_after={after}")}";
            var call = await api.SendAsync(HttpMethod.Get, path, [], null, ct);
            if (call is not ProviderCall<JsonElement>.Succeeded { Value: var page }
                || !page.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
                throw new HttpRequestException("Stripe's list of payments could not be read.");
            after = null;
            foreach (var json in data.EnumerateArray())
            {
                after = StripeApi.Text(json, "id");
                // Others may take money by the same account: what does not bear our reference is not ours.
                if (PaymentOf(json, null) is { } payment && json.TryGetProperty("created", out var created))
                    yield return new(payment, DateTimeOffset.FromUnixTimeSeconds(created.GetInt64()));
            }
            if (!page.TryGetProperty("has_more", out var more) || !more.GetBoolean()) after = null;
        }
        while (after is not null);
    }

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

    private static ProviderPayment? PaymentOf(JsonElement json, DisputeState? dispute)
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
                ? StripeApi.Text(error, "decline_code") ?? StripeApi.Text(error, "code")
                : null,
            Dispute = dispute,
        };
    }

    /// <summary>Inquiries (<c>warning_...</c>) move no money; of several disputes the newest counts.</summary>
    private static DisputeState? DisputeOf(JsonElement list)
    {
        if (!list.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array) return null;
        foreach (var dispute in data.EnumerateArray())
            switch (StripeApi.Text(dispute, "status"))
            {
                case "won": return DisputeState.Won;
                case "lost": return DisputeState.Lost;
                case "needs_response" or "under_review": return DisputeState.Open;
            }
        return null;
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
