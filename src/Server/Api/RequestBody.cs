using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace SightPay.Server.Api;

/// <summary>Longest body of a request.</summary>
public sealed record BodyLimit(long BytesMax);

/// <summary>
/// The whole body of a request in memory, so that it can be fingerprinted and still be read by its handler. Never on
/// disk: it may hold a photograph.
/// </summary>
public sealed class RequestBody
{
    private const int ChunkMax = 64 * 1024;

    private readonly ReadOnlyMemory<byte> _bytes;

    private RequestBody(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Reads the body once; later calls give the same. The handler reads it from its beginning.</summary>
    /// <exception cref="BadHttpRequestException">Larger than the server's limit, or cut off.</exception>
    public static async Task<RequestBody> OfAsync(HttpContext http)
    {
        if (http.Features.Get<RequestBody>() is { } known)
            return known;
        var bytesMax = http.RequestServices?.GetService<BodyLimit>()?.BytesMax ?? long.MaxValue;
        var buffer = await ReadAsync(http.Request, bytesMax, http.RequestAborted);
        http.Request.Body = buffer;
        var body = new RequestBody(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        http.Features.Set(body);
        return body;
    }

    /// <summary>A JSON body, read here and not bound by the route: the idempotency fingerprint needs its bytes
    /// too.</summary>
    /// <param name="hint">What to send, for whoever sent something else.</param>
    /// <exception cref="ProblemException">400 malformed_json.</exception>
    public static async Task<T> JsonAsync<T>(HttpContext http, string hint) where T : class
    {
        var body = await OfAsync(http);
        try
        {
            if (JsonSerializer.Deserialize<T>(body._bytes.Span, ApiJson.Options) is { } read) return read;
        }
        catch (JsonException)
        {
            // Falls through to the same answer as a body without an object.
        }
        throw new ProblemException(400, "malformed_json", hint);
    }

    /// <summary>
    /// What the body says, whatever its envelope: the names and contents of multipart parts in order (not their
    /// boundary or file names), JSON without white space, other content as it is.
    /// </summary>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> PartsAsync(string? contentType, CancellationToken ct)
    {
        if (_bytes.Length == 0)
            return [];
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type))
            return [_bytes];
        if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return await MultipartAsync(type, ct);
        return type.MatchesMediaType("application/json") || type.Suffix == "json" ? [CanonicalJson()] : [_bytes];
    }

    /// <summary>What is beyond the limit is read and dropped: a client that is still sending when the answer comes
    /// would see a broken connection instead of it.</summary>
    private static async Task<MemoryStream> ReadAsync(HttpRequest request, long bytesMax, CancellationToken ct)
    {
        var buffer = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, 1 << 20));
        // It is cleared afterwards, which costs a small body more than reading it does if it is large.
        var chunk = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(request.ContentLength ?? ChunkMax, 512, ChunkMax));
        try
        {
            var total = 0L;
            while (await request.Body.ReadAsync(chunk, ct) is > 0 and var count)
            {
                total += count;
                if (total <= bytesMax)
                    buffer.Write(chunk, 0, count);
                else
                    buffer.SetLength(0);
            }
            if (total > bytesMax)
                throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk, clearArray: true);
        }
        buffer.Position = 0;
        return buffer;
    }

    private async Task<IReadOnlyList<ReadOnlyMemory<byte>>> MultipartAsync(
        MediaTypeHeaderValue type, CancellationToken ct)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrEmpty(boundary))
            throw new BadHttpRequestException("The multipart body names no boundary.");
        var reader = new MultipartReader(boundary, new MemoryStream(_bytes.ToArray(), writable: false));
        var parts = new List<ReadOnlyMemory<byte>>();
        try
        {
            while (await reader.ReadNextSectionAsync(ct) is { } section)
            {
                var name = section.GetContentDispositionHeader()?.Name.Value ?? "";
                parts.Add(System.Text.Encoding.UTF8.GetBytes(HeaderUtilities.RemoveQuotes(name).Value ?? ""));
                parts.Add(await SHA256.HashDataAsync(section.Body, ct));
            }
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException)
        {
            throw new BadHttpRequestException("The multipart body is damaged.", fault);
        }
        return parts;
    }

    private ReadOnlyMemory<byte> CanonicalJson()
    {
        using var json = JsonDocument.Parse(_bytes);
        var canonical = new MemoryStream(_bytes.Length);
        using (var writer = new Utf8JsonWriter(canonical))
            json.RootElement.WriteTo(writer);
        return canonical.ToArray();
    }
}
