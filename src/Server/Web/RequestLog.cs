using System.Diagnostics;

namespace SightPay.Server.Web;

/// <summary>
/// One line for each request: what was asked, not by whom or with which values. The route template stands for the path,
/// and neither query strings nor bodies are read.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, ILogger<RequestLog> log)
{
    public const string RequestIdHeader = "X-Request-Id";

    public async Task InvokeAsync(HttpContext http)
    {
        var began = Stopwatch.GetTimestamp();
        http.Response.Headers[RequestIdHeader] = http.TraceIdentifier;
        try
        {
            await next(http);
        }
        finally
        {
            var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unmatched";
            var elapsedMs = Math.Round(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 1);
            var status = http.Response.StatusCode;
            var isProbe = http.GetEndpoint()?.Metadata.GetMetadata<AnswersWhileStarting>() is not null;
            if (isProbe && status is < 400 or 503)
                Probed(log, http.Request.Method, route, status, elapsedMs, http.TraceIdentifier);
            else
                Answered(log, http.Request.Method, route, status, elapsedMs, http.TraceIdentifier);
        }
    }

    [LoggerMessage(1020, LogLevel.Information, "{Method} {Route} {Status} in {ElapsedMs} ms, request {RequestId}.")]
    private static partial void Answered(
        ILogger log, string method, string route, int status, double elapsedMs, string requestId);

    [LoggerMessage(1021, LogLevel.Debug, "{Method} {Route} {Status} in {ElapsedMs} ms, request {RequestId}.")]
    private static partial void Probed(
        ILogger log, string method, string route, int status, double elapsedMs, string requestId);
}
