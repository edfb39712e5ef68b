using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using SightPay.Ledger;

namespace SightPay.Server.Api;

/// <summary>RFC 9457 problem details with our extensions code, retryable and request_id.</summary>
public static class Problems
{
    public const string ContentType = "application/problem+json";

    /// <param name="code">Stable snake_case code; clients branch on it.</param>
    /// <param name="detail">A sentence for people, with the next step.</param>
    /// <param name="errors">Per-field messages of a 422.</param>
    /// <param name="retryAfterMs">When to try again; sent as the header Retry-After too.</param>
    public static IResult Of(
        int status, string code, string detail, bool retryable = false,
        IReadOnlyDictionary<string, string[]>? errors = null, int? retryAfterMs = null) =>
        new ProblemResult(status, code, detail, retryable, errors, retryAfterMs);

    /// <summary>The same as a stored answer of an act; the request id joins when it is sent.</summary>
    /// <param name="more">A figure that clients show.</param>
    public static Answer Answer(int status, string code, string detail, (string Name, long Value)? more = null)
    {
        var body = Body(status, code, detail, false, null, null);
        if (more is { } figure) body[figure.Name] = figure.Value;
        return new(status, body.ToJsonString(ApiJson.Options));
    }

    internal static JsonObject Body(
        int status, string code, string detail, bool retryable, IReadOnlyDictionary<string, string[]>? errors,
        int? retryAfterMs)
    {
        // RFC 9457: with about:blank the title is the status phrase; what clients branch on is the code.
        var body = new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = ReasonPhrases.GetReasonPhrase(status),
            ["status"] = status,
            ["detail"] = detail,
            ["code"] = code,
            ["retryable"] = retryable,
        };
        if (retryAfterMs is { } wait)
            body["retry_after_ms"] = wait;
        if (errors is not null)
            body["errors"] = new JsonObject(errors.Select(field => KeyValuePair.Create(
                field.Key, (JsonNode?)new JsonArray([.. field.Value.Select(text => JsonValue.Create(text))]))));
        return body;
    }
}

/// <summary>Writes a problem with the request's id.</summary>
internal sealed class ProblemResult(
    int status, string code, string detail, bool retryable, IReadOnlyDictionary<string, string[]>? errors,
    int? retryAfterMs) : IResult, IStatusCodeHttpResult
{
    private const int RetryAfterDefaultMs = 1000;

    public int? StatusCode => status;
    public string Code => code;

    public Task ExecuteAsync(HttpContext http)
    {
        var wait = retryAfterMs ?? (retryable ? RetryAfterDefaultMs : null);
        var body = Problems.Body(status, code, detail, retryable, errors, wait);
        body["request_id"] = http.TraceIdentifier;
        Telemetry.ProblemsAnswered.Add(1, KeyValuePair.Create<string, object?>("code", code));
        http.Response.StatusCode = status;
        http.Response.ContentType = Problems.ContentType;
        http.Response.Headers.CacheControl = "no-store";
        if (wait is { } delay)
            http.Response.Headers.RetryAfter =
                ((delay + 999) / 1000).ToString(CultureInfo.InvariantCulture);
        return http.Response.WriteAsync(body.ToJsonString(ApiJson.Options), http.RequestAborted);
    }
}
