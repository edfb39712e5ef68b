using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SightPay.Ledger;

namespace SightPay.Server.Api;

/// <summary>What a use case needs to submit its act: the id minted by the client and the body's fingerprint.</summary>
public sealed record ActKey(Guid Id, ReadOnlyMemory<byte> Fingerprint);

/// <summary>
/// Runs a write under its Idempotency-Key: replays what was decided, lets concurrent equals wait for the first, refuses
/// the same key with another body (422 idempotency_key_reused), a missing one (400 idempotency_key_missing) and an
/// unusable one (400 idempotency_key_invalid). A 503 never sticks.
/// </summary>
/// <remarks>
/// The fingerprint is SHA-256 over caller, method, route and the names and contents of the parts in order (multipart)
/// or the canonical JSON (no white space): never the envelope.
/// </remarks>
public sealed class Idempotency(GeneralLedger ledger, TimeProvider clock)
{
    public const string KeyHeader = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int KeyLengthMax = 255;

    /// <summary>A use case plans anew when somebody else changed what it planned on. Of all who meet one wins in each
    /// commit, so this is how many may want the same thing at once.</summary>
    private const int StaleTriesMax = 100;

    private readonly ConcurrentDictionary<Guid, Task<ActResult>> _flights = new();

    /// <param name="required">False: a request without the header gets an id of its own.</param>
    /// <param name="submit">Does the work and submits the act; called at most once at a time for a key. It may also
    /// throw <see cref="ProblemException"/> to answer without recording anything.</param>
    /// <param name="blinded">Stands for a body that holds a few secret digits: its hash could be turned back.</param>
    /// <param name="decidedByPlans">True when <paramref name="submit"/> answers nothing by itself but what it throws.
    /// The writer looks at the key in any case, so that it need not be looked up before.</param>
    public async Task<IResult> RunAsync(
        HttpContext http, bool required, Func<ActKey, CancellationToken, Task<ActResult>> submit,
        ReadOnlyMemory<byte>? blinded = null, bool decidedByPlans = false)
    {
        var header = http.Request.Headers[KeyHeader];
        if (header.Count == 0 && required)
            return Problems.Of(
                400, "idempotency_key_missing",
                $"Send the header {KeyHeader} with a UUID that you keep for retries of this request.");
        if (header.Count > 0 && !IsUsable(header))
            return Problems.Of(
                400, "idempotency_key_invalid",
                $"The header {KeyHeader} must hold one key of 1 to {KeyLengthMax} visible ASCII characters.");
        var id = header.Count == 0 ? Ids.Next(clock) : ActIdOf(header.ToString());
        var key = new ActKey(id, await FingerprintAsync(http, blinded));
        var result = await RunAsync(key, submit, decidedByPlans, http.RequestAborted);
        return result.End == ActEnd.OtherBody
            ? Problems.Of(
                422, "idempotency_key_reused",
                "This key was used before with another request: repeat that one as it was, or use a new key.")
            : new ActAnswer(result, id);
    }

    /// <summary>The same for messages that do not come by HTTP (station frames): their id and their parts.</summary>
    public Task<ActResult> RunAsync(
        ActKey key, Func<ActKey, CancellationToken, Task<ActResult>> submit, CancellationToken ct) =>
        RunAsync(key, submit, decidedByPlans: false, ct);

    /// <summary>What was decided under the key; null when nothing was.</summary>
    public Task<ActResult?> FindAsync(ActKey key, CancellationToken ct) =>
        ledger.FindAsync(key.Id, key.Fingerprint, ct);

    private async Task<ActResult> RunAsync(
        ActKey key, Func<ActKey, CancellationToken, Task<ActResult>> submit, bool decidedByPlans, CancellationToken ct)
    {
        while (true)
        {
            var own = new TaskCompletionSource<ActResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            var flight = _flights.GetOrAdd(key.Id, own.Task);
            if (flight == own.Task)
                return await LeadAsync(key, own, submit, decidedByPlans, ct);
            try
            {
                // Whoever waits is answered from what was recorded, so an equal gets the first's answer and a
                // different body its refusal.
                await flight.WaitAsync(ct);
            }
            catch (Exception) when (!ct.IsCancellationRequested)
            {
                // The first recorded nothing (it failed or its caller left); the next one tries for itself.
            }
            if (await ledger.FindAsync(key.Id, key.Fingerprint, ct) is { } decided)
                return decided with { Replayed = true };
        }
    }

    /// <summary>The act id of a client's key: the UUID itself, else a version 8 UUID of its SHA-256.</summary>
    public static Guid ActIdOf(string key)
    {
        if (Guid.TryParseExact(key, "D", out var id))
            return id;
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The request's key for a write that keeps its own record of it; null without the header.</summary>
    /// <exception cref="ProblemException">400 idempotency_key_invalid.</exception>
    public static Guid? ReadKey(HttpContext http)
    {
        var header = http.Request.Headers[KeyHeader];
        if (header.Count == 0)
            return null;
        return IsUsable(header)
            ? ActIdOf(header.ToString())
            : throw new ProblemException(400, "idempotency_key_invalid",
                $"The header {KeyHeader} must hold one key of 1 to {KeyLengthMax} visible ASCII characters.");
    }

    /// <summary>SHA-256 over length-prefixed parts.</summary>
    public static ReadOnlyMemory<byte> Fingerprint(params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            hash.AppendData(length);
            hash.AppendData(part.Span);
        }
        return hash.GetHashAndReset();
    }

    private static bool IsUsable(Microsoft.Extensions.Primitives.StringValues header) =>
        header is [{ Length: >= 1 and <= KeyLengthMax } key] && key.All(letter => letter is >= '!' and <= '~');

    private static async Task<ReadOnlyMemory<byte>> FingerprintAsync(HttpContext http, ReadOnlyMemory<byte>? blinded)
    {
        var parts = blinded is { } said
            ? [said]
            : await (await RequestBody.OfAsync(http)).PartsAsync(http.Request.ContentType, http.RequestAborted);
        var route = http.Request.PathBase.Add(http.Request.Path) + http.Request.QueryString;
        return Fingerprint([
            Encoding.UTF8.GetBytes(Caller.Of(http).Name), Encoding.UTF8.GetBytes(http.Request.Method),
            Encoding.UTF8.GetBytes(route), .. parts,
        ]);
    }

    private async Task<ActResult> LeadAsync(
        ActKey key, TaskCompletionSource<ActResult> flight, Func<ActKey, CancellationToken, Task<ActResult>> submit,
        bool decidedByPlans, CancellationToken ct)
    {
        try
        {
            var result = decidedByPlans
                ? await SubmitOrRecallAsync(key, submit, ct)
                : await ledger.FindAsync(key.Id, key.Fingerprint, ct) ?? await SubmitAsync(key, submit, ct);
            _flights.TryRemove(key.Id, out _);
            flight.SetResult(result);
            return result;
        }
        catch (Exception fault)
        {
            _flights.TryRemove(key.Id, out _);
            flight.SetException(fault);
            // Nobody may be waiting; the fault is the leader's to report.
            _ = flight.Task.Exception;
            throw;
        }
    }

    /// <summary>What was decided once stays the answer, even if the same request would be turned away today: its payer
    /// may have left since.</summary>
    private async Task<ActResult> SubmitOrRecallAsync(
        ActKey key, Func<ActKey, CancellationToken, Task<ActResult>> submit, CancellationToken ct)
    {
        try
        {
            return await SubmitAsync(key, submit, ct);
        }
        catch (ProblemException)
        {
            if (await ledger.FindAsync(key.Id, key.Fingerprint, ct) is { } decided) return decided;
            throw;
        }
    }

    private static async Task<ActResult> SubmitAsync(
        ActKey key, Func<ActKey, CancellationToken, Task<ActResult>> submit, CancellationToken ct)
    {
        for (var tries = 0; tries < StaleTriesMax; tries++)
        {
            var result = await submit(key, ct);
            if (result.End != ActEnd.Stale)
                return result;
        }
        throw new ProblemException(
            503, "busy", "Too many changes at once; send the same request again.", retryable: true);
    }
}

/// <summary>Sends an act's stored answer, first time or replayed.</summary>
internal sealed class ActAnswer(ActResult result, Guid id) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => result.Answer.Status;

    public Task ExecuteAsync(HttpContext http)
    {
        var answer = result.Answer;
        http.Response.StatusCode = answer.Status;
        http.Response.Headers.CacheControl = "no-store";
        if (result.Replayed)
            http.Response.Headers[Idempotency.ReplayedHeader] = "true";
        if (answer.Status == StatusCodes.Status204NoContent || answer.Body.Length == 0)
            return Task.CompletedTask;
        http.Response.ContentType = answer.Status < 400 ? "application/json" : Problems.ContentType;
        var body = Encoding.UTF8.GetBytes(answer.Status < 400 ? answer.Body : WithRequestId(answer.Body));
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
    }

    /// <summary>A replay must equal the first answer, so a stored problem's request id is the act's own.</summary>
    private string WithRequestId(string body)
    {
        if (JsonNode.Parse(body) is not JsonObject problem || problem.ContainsKey("request_id"))
            return body;
        problem["request_id"] = id.ToString();
        return problem.ToJsonString(ApiJson.Options);
    }
}
