namespace SightPay.Server.Api;

/// <summary>Ends a request with a problem answer; nothing is recorded.</summary>
public sealed class ProblemException(
    int status, string code, string detail, bool retryable = false,
    IReadOnlyDictionary<string, string[]>? errors = null, int? retryAfterMs = null) : Exception(detail)
{
    public int Status { get; } = status;
    public string Code { get; } = code;
    public bool Retryable { get; } = retryable;
    public IReadOnlyDictionary<string, string[]>? Errors { get; } = errors;
    public int? RetryAfterMs { get; } = retryAfterMs;

    public IResult ToResult() => Problems.Of(Status, Code, Message, Retryable, Errors, RetryAfterMs);
}
