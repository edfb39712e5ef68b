using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SightPay.Server.Tests.Payments.Stripe;

/// <summary>How the server treats its next request.</summary>
internal enum Misbehaviour
{
    None,

    /// <summary>Does the work and answers with an error, now and whenever it is asked under this key.</summary>
    ErrorAfterWork,

    /// <summary>The same without the work.</summary>
    ErrorInsteadOfWork,

    /// <summary>Does the work and cuts the connection.</summary>
    CutAfterWork,

    /// <summary>Does nothing and asks to be asked later.</summary>
    TooMany,

    /// <summary>Does the work and takes too long to say so.</summary>
    SlowAfterWork,

    /// <summary>Does the work and answers with something that is no JSON.</summary>
    GarbageAfterWork,

    /// <summary>Says that the key is in use by another request.</summary>
    KeyInUse,
}

/// <summary>
/// A server on loopback that speaks the part of Stripe's documented wire format that we use, and misbehaves when told
/// to. Its keys are those of docs.stripe.com/api/idempotent_requests: the first answer is given again, errors as well,
/// other parameters are refused, and a key that is forgotten begins anew.
/// </summary>
internal sealed class StripeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, (string Form, int Status, JsonObject Body)> _byKey = new();
    private readonly ConcurrentQueue<Misbehaviour> _next = new();

    private StripeServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());
    public ConcurrentDictionary<string, JsonObject> Payments { get; } = new();

    /// <summary>Status of the dispute of each payment, and its amount.</summary>
    public ConcurrentDictionary<string, (string Status, long Amount)> Disputes { get; } = new();

    public ConcurrentDictionary<string, JsonObject> Refunds { get; } = new();

    /// <summary>What becomes of the next refunds.</summary>
    public string RefundStatus { get; set; } = "succeeded";

    public ConcurrentQueue<(IReadOnlyDictionary<string, string> Form, string Key, string Version)> Requests { get; } =
        new();

    /// <summary>What every new request is met with while nothing is queued.</summary>
    public Misbehaviour Mood { get; set; }

    public static async Task<StripeServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = new StripeServer(app);
        app.MapPost("/v1/payment_intents", (HttpContext http) => server.PostAsync(http, server.Create));
        app.MapGet("/v1/payment_intents", (HttpContext http) => server.AnswerAsync(
            http, _ => (200, PageOf(server.Payments.Values, http.Request.Query))));
        app.MapGet("/v1/payment_intents/{id}", (HttpContext http, string id) => server.AnswerAsync(
            http, _ => server.Payments.TryGetValue(id, out var payment)
                ? (200, payment)
                : (404, Error("invalid_request_error", "resource_missing"))));
        app.MapPost("/v1/payment_intents/{id}/cancel", (HttpContext http, string id) => server.PostAsync(
            http, _ => server.Cancel(id)));
        app.MapPost("/v1/refunds", (HttpContext http) => server.PostAsync(http, server.Refund));
        app.MapGet("/v1/refunds", (HttpContext http) => server.AnswerAsync(
            http, _ => (200, PageOf(server.Refunds.Values, http.Request.Query))));
        app.MapGet("/v1/disputes", (HttpContext http) => server.AnswerAsync(
            http, _ => (200, PageOf(server.Disputes.Select(Dispute), http.Request.Query))));
        await app.StartAsync();
        return server;
    }

    public void Misbehave(params Misbehaviour[] next)
    {
        foreach (var each in next) _next.Enqueue(each);
    }

    /// <summary>As Stripe may do a day after a key was used.</summary>
    public void ForgetKeys() => _byKey.Clear();

    public void Set(string paymentId, string status) => Payments[paymentId]["status"] = status;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Takes the money for a wish; the call that asked for it was long on its way.</summary>
    public string PayLate(Guid reference, long amount) => (string)New(
        new()
        {
            ["amount"] = amount.ToString(CultureInfo.InvariantCulture), ["currency"] = "inr",
            ["metadata[sightpay_reference]"] = reference.ToString(),
        }, "tok_visa")["id"]!;

    /// <summary>Somebody refunds in Stripe's dashboard.</summary>
    public void RefundInDashboard(string payment, long amount) => Refund(new()
    {
        ["payment_intent"] = payment, ["amount"] = amount.ToString(CultureInfo.InvariantCulture),
    });

    private async Task PostAsync(HttpContext http, Func<Dictionary<string, string>, (int, JsonObject)> work)
    {
        var form = (await http.Request.ReadFormAsync())
            .ToDictionary(field => field.Key, field => field.Value.ToString());
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        Requests.Enqueue((form, key, http.Request.Headers["Stripe-Version"].ToString()));
        await AnswerAsync(http, mood => Keyed(key, form, mood, () => work(form)));
    }

    private (int, JsonObject) Create(Dictionary<string, string> form)
    {
        var token = form.GetValueOrDefault("payment_method_data[card][token]") ?? form["payment_method"];
        if (token != "tok_declined") return (200, New(form, token));
        var refused = Error("card_error", "card_declined", "insufficient_funds");
        var declined = New(form, token);
        declined["status"] = "requires_payment_method";
        declined["last_payment_error"] = refused["error"]!.DeepClone();
        return (402, refused);
    }

    private (int, JsonObject) Cancel(string id)
    {
        if (!Payments.TryGetValue(id, out var payment))
            return (404, Error("invalid_request_error", "resource_missing"));
        if ((string)payment["status"]! is "succeeded" or "canceled")
            return (400, Error("invalid_request_error", "payment_intent_unexpected_state"));
        payment["status"] = "canceled";
        payment["cancellation_reason"] = "abandoned";
        return (200, payment);
    }

    private (int, JsonObject) Refund(Dictionary<string, string> form)
    {
        var (payment, amount) = (form["payment_intent"], long.Parse(form["amount"], CultureInfo.InvariantCulture));
        if (Disputes.TryGetValue(payment, out var dispute) && dispute.Status != "won")
            return (400, Error("invalid_request_error", "charge_disputed"));
        var back = Refunds.Values
            .Where(each => (string)each["payment_intent"]! == payment && (string)each["status"]! != "failed")
            .Sum(each => (long)each["amount"]!);
        if (back + amount > (long)Payments[payment]["amount"]!)
            return (400, Error("invalid_request_error", "charge_already_refunded"));
        var id = $"re_{Guid.CreateVersion7():N}";
        var metadata = new JsonObject();
        if (form.TryGetValue("metadata[sightpay_reference]", out var reference))
            metadata["sightpay_reference"] = reference;
        var refund = new JsonObject
        {
            ["id"] = id, ["object"] = "refund", ["created"] = Now(), ["amount"] = amount, ["currency"] = "inr",
            ["payment_intent"] = payment, ["status"] = RefundStatus, ["metadata"] = metadata,
        };
        if (RefundStatus == "failed") refund["failure_reason"] = "expired_or_canceled_card";
        Refunds[id] = refund;
        return (200, refund);
    }

    private static JsonObject Dispute(KeyValuePair<string, (string Status, long Amount)> dispute) => new()
    {
        ["id"] = $"dp_{dispute.Key}", ["object"] = "dispute", ["created"] = Now(), ["status"] = dispute.Value.Status,
        ["amount"] = dispute.Value.Amount, ["currency"] = "inr", ["payment_intent"] = dispute.Key,
    };

    private (int, JsonObject) Keyed(
        string key, Dictionary<string, string> form, Misbehaviour mood, Func<(int Status, JsonObject Body)> work)
    {
        var wish = JsonSerializer.Serialize(form.OrderBy(field => field.Key, StringComparer.Ordinal));
        var (first, status, body) = _byKey.GetOrAdd(key, _ =>
        {
            var done = mood == Misbehaviour.ErrorInsteadOfWork ? default : work();
            return mood is Misbehaviour.ErrorAfterWork or Misbehaviour.ErrorInsteadOfWork
                ? (wish, 500, Error("api_error", "api_error"))
                : (wish, done.Status, (JsonObject)done.Body.DeepClone());
        });
        return first == wish ? (status, body) : (400, Error("idempotency_error", "idempotency_error"));
    }

    private async Task AnswerAsync(HttpContext http, Func<Misbehaviour, (int Status, JsonObject Body)> work)
    {
        var mood = _next.TryDequeue(out var queued) ? queued : Mood;
        if (http.Request.Headers.Authorization != "Bearer sk_test_secret")
        {
            await WriteAsync(http, 401, Error("invalid_request_error", "invalid_api_key"));
            return;
        }
        if (mood is Misbehaviour.TooMany or Misbehaviour.KeyInUse)
        {
            if (mood == Misbehaviour.TooMany) http.Response.Headers.RetryAfter = "0";
            await WriteAsync(
                http, mood == Misbehaviour.TooMany ? 429 : 409,
                Error(mood == Misbehaviour.TooMany ? "rate_limit_error" : "idempotency_error", "rate_limit"));
            return;
        }
        var (status, body) = work(mood);
        switch (mood)
        {
            case Misbehaviour.CutAfterWork:
                http.Abort();
                break;
            case Misbehaviour.SlowAfterWork:
                await Task.Delay(3000, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                break;
            case Misbehaviour.GarbageAfterWork:
                http.Response.StatusCode = 200;
                await http.Response.WriteAsync("<html>Bad gateway</html>");
                break;
            case Misbehaviour.ErrorAfterWork or Misbehaviour.ErrorInsteadOfWork:
                await WriteAsync(http, 500, Error("api_error", "api_error"));
                break;
            default:
                await WriteAsync(http, status, body);
                break;
        }
    }

    private JsonObject New(Dictionary<string, string> form, string token)
    {
        var id = $"pi_{Guid.CreateVersion7():N}";
        var payment = new JsonObject
        {
            ["id"] = id, ["object"] = "payment_intent",
            ["created"] = Now(),
            ["amount"] = long.Parse(form["amount"], CultureInfo.InvariantCulture), ["currency"] = form["currency"],
            ["status"] = token == "tok_action" ? "requires_action" : "succeeded",
            ["metadata"] = new JsonObject { ["sightpay_reference"] = form["metadata[sightpay_reference]"] },
            ["last_payment_error"] = null, ["cancellation_reason"] = null,
            ["next_action"] = token != "tok_action" ? null : new JsonObject
            {
                ["type"] = "redirect_to_url",
                ["redirect_to_url"] = new JsonObject
                {
                    ["url"] = "https://bank.example/approve", ["return_url"] = form["return_url"],
                },
            },
        };
        Payments[id] = payment;
        return payment;
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Two a page, so that a short list has several.</summary>
    private static JsonObject PageOf(IEnumerable<JsonObject> items, IQueryCollection query)
    {
        var (from, to) = (SecondOf("created[gte]"), SecondOf("created[lt]"));
        var all = items
            .Where(each => query["payment_intent"] is not [{ } payment] || (string)each["payment_intent"]! == payment)
            .Where(each => !((long)each["created"]! < from) && !((long)each["created"]! >= to))
            .OrderByDescending(each => (string)each["id"]!, StringComparer.Ordinal).ToList();
        var after = query["starting_after"].ToString();
        var rest = all.Skip(after.Length == 0 ? 0 : all.FindIndex(each => (string)each["id"]! == after) + 1).ToList();
        return new JsonObject
        {
            ["object"] = "list", ["has_more"] = rest.Count > 2,
            ["data"] = new JsonArray([.. rest.Take(2).Select(each => each.DeepClone())]),
        };

        long? SecondOf(string name) =>
            query[name] is [{ } second] ? long.Parse(second, CultureInfo.InvariantCulture) : null;
    }

    private static JsonObject Error(string type, string code, string? decline = null) => new()
    {
        ["error"] = new JsonObject
        {
            ["type"] = type, ["code"] = code, ["decline_code"] = decline, ["message"] = "As documented.",
        },
    };

    private static Task WriteAsync(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body.ToJsonString(JsonSerializerOptions.Default));
    }
}
