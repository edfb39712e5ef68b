using System.Text.Json;
using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.Web;

/// <summary>
/// Turns whatever goes wrong into a problem with a stable code. What went wrong inside reaches the log (kind and place,
/// never a message, which could quote personal data), not the caller.
/// </summary>
internal sealed partial class FaultAnswers(RequestDelegate next, ILogger<FaultAnswers> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (!http.Response.HasStarted && IsBare(http.Response))
                await OfStatus(http.Response.StatusCode).ExecuteAsync(http);
        }
        catch (Exception fault) when (http.RequestAborted.IsCancellationRequested && fault is not ProblemException)
        {
            // The caller left; nobody reads an answer.
            if (!http.Response.HasStarted)
                http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception fault) when (!http.Response.HasStarted)
        {
            var problem = Of(fault);
            if (problem is IStatusCodeHttpResult { StatusCode: 500 })
                Unexpected(log, fault, http.TraceIdentifier);
            else if (fault is not (ProblemException or BadHttpRequestException or JsonException))
                Unavailable(log, fault.GetType().Name, http.TraceIdentifier);
            Empty(http.Response);
            await problem.ExecuteAsync(http);
        }
    }

    internal static IResult Of(Exception fault) => fault switch
    {
        ProblemException problem => problem.ToResult(),
        LedgerUnavailableException => StoreUnavailable(),
        PostgresException refused when !IsAway(refused) => Internal(),
        NpgsqlException => StoreUnavailable(),
        BadHttpRequestException { InnerException: JsonException } => MalformedJson(),
        BadHttpRequestException bad => OfStatus(bad.StatusCode),
        JsonException => MalformedJson(),
        InvalidDataException => Problems.Of(400, "malformed_body", "The body is damaged; send it again."),
        OperationCanceledException or TimeoutException => Problems.Of(
            503, "timeout", "This took too long; send the same request again.", retryable: true),
        _ => Internal(),
    };

    internal static IResult OfStatus(int status) => status switch
    {
<<<<<<< HEAD
        400 => Problems.Of(400, "bad_request", "The request cannot be read: compare it with what /docs says."),
=======
        400 => Problems.Of(
            400, "bad_request", "The request cannot be read: compare it with the documentation at /docs."),
>>>>>>> main
        401 => Problems.Of(401, "sign_in_required", "Sign in and send the access token as Authorization: Bearer."),
        403 => Problems.Of(403, "forbidden", "This needs a right that you do not have."),
        404 => Problems.Of(404, "not_found", "There is nothing under this address; /docs lists what there is."),
        405 => Problems.Of(405, "method_not_allowed", "This address takes other methods; see the header Allow."),
        408 => Problems.Of(408, "request_timeout", "The request arrived too slowly; send it again.", retryable: true),
        413 => Problems.Of(413, "body_too_large", "The body is larger than this server takes; send a smaller one."),
        415 => Problems.Of(415, "unsupported_media_type", "Send the body with the content type that /docs names."),
        429 => Problems.Of(429, "too_many_requests", "Too many requests; wait a moment.", retryable: true),
        503 => Problems.Of(503, "unavailable", "The server is busy; try again in a moment.", retryable: true),
        >= 500 => Internal(),
        _ => Problems.Of(status, "bad_request", "The request cannot be carried out as it is."),
    };

    private static IResult MalformedJson() => Problems.Of(
        400, "malformed_json", "The body is not the JSON that this address takes: compare it with /docs.");

    private static IResult StoreUnavailable() => Problems.Of(
        503, "store_unavailable", "The store is away for a moment; nothing was lost, send the same request again.",
        retryable: true);

    private static IResult Internal() => Problems.Of(
        500, "internal", "Something went wrong inside; tell the operator the request_id.");

    /// <summary>Connection trouble, no room, shutting down or standby: not the statement's fault.</summary>
    private static bool IsAway(PostgresException fault) =>
        fault.IsTransient || fault.SqlState[..2] is "08" or "53" or "57" or "58" || fault.SqlState == "25006";

    private static bool IsBare(HttpResponse response) =>
        response is { StatusCode: >= 400, ContentType: null, ContentLength: null or 0 };

    /// <summary>Headers that an unfinished answer had set must not describe the problem.</summary>
    private static void Empty(HttpResponse response)
    {
        response.ContentLength = null;
        response.Headers.ContentEncoding = default;
        response.Headers.ETag = default;
    }

    [LoggerMessage(1010, LogLevel.Error, "Request {RequestId} failed inside.")]
    private static partial void Unexpected(ILogger log, Exception fault, string requestId);

    [LoggerMessage(1011, LogLevel.Warning, "Request {RequestId} could not be served: {Fault}.")]
    private static partial void Unavailable(ILogger log, string fault, string requestId);
}
