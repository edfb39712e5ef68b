using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace SightPay.Server.Api;

/// <summary>
/// Sends a statement while it is read: as JSON, or as CSV where <c>format=csv</c> or the header Accept asks for it.
/// However long the period is, only one line of it is in memory.
/// </summary>
/// <param name="json">Its lines are an IAsyncEnumerable.</param>
/// <param name="name">Of the CSV file.</param>
public sealed class StatementResult(object json, IAsyncEnumerable<CsvLine> csv, string? format, string name) : IResult
{
    /// <summary>Years of a busy account take longer than other answers may.</summary>
    public static readonly TimeSpan SentWithin = TimeSpan.FromMinutes(10);

    private static readonly MediaTypeHeaderValue CsvType = new("text/csv");

    public async Task ExecuteAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store, private";
        if (!WantsCsv(http.Request))
        {
            http.Response.ContentType = "application/json";
            await JsonSerializer.SerializeAsync(
                http.Response.Body, json, json.GetType(), ApiJson.Options, http.RequestAborted);
            return;
        }
        http.Response.ContentType = "text/csv; charset=utf-8; header=present";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.csv\"";
        await using var writer = new StreamWriter(http.Response.Body, new UTF8Encoding(false));
        await foreach (var line in csv.WithCancellation(http.RequestAborted))
            await writer.WriteAsync(line.ToString().AsMemory(), http.RequestAborted);
    }

    private bool WantsCsv(HttpRequest request) => format switch
    {
        "csv" => true,
        null => request.GetTypedHeaders().Accept.Any(type => CsvType.IsSubsetOf(type) && !type.MatchesAllTypes),
        _ => false,
    };
}

public static class StatementFormat
{
    /// <exception cref="ProblemException">422 format_unknown.</exception>
    public static string? Of(string? asked) => asked is null or "json" or "csv"
        ? asked
        : throw new ProblemException(422, "format_unknown", "The format is json or csv.");
}
