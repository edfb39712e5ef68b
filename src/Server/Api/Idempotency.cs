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
public sealed class Idempotency
{
    /// <param name="required">False: a request without the header gets an id of its own.</param>
    /// <param name="submit">Does the work and submits the act; called at most once at a time for a key. It may also
    /// throw <see cref="ProblemException"/> to answer without recording anything.</param>
    public Task<IResult> RunAsync(
        HttpContext http, bool required, Func<ActKey, CancellationToken, Task<ActResult>> submit) =>
        throw new NotImplementedException();

    /// <summary>The same for messages that do not come by HTTP (station frames): their id and their parts.</summary>
    public Task<ActResult> RunAsync(
        ActKey key, Func<ActKey, CancellationToken, Task<ActResult>> submit, CancellationToken ct) =>
        throw new NotImplementedException();

    /// <summary>The act id of a client's key: the UUID itself, else a version 8 UUID of its SHA-256.</summary>
    public static Guid ActIdOf(string key) => throw new NotImplementedException();

    /// <summary>SHA-256 over length-prefixed parts.</summary>
    public static ReadOnlyMemory<byte> Fingerprint(params ReadOnlySpan<ReadOnlyMemory<byte>> parts) =>
        throw new NotImplementedException();
}

/// <summary>Ends a request with a problem answer; nothing is recorded.</summary>
public sealed class ProblemException(int status, string code, string detail, bool retryable = false)
    : Exception(detail)
{
    public int Status { get; } = status;
    public string Code { get; } = code;
    public bool Retryable { get; } = retryable;
}
