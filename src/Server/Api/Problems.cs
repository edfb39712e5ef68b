using SightPay.Ledger;

namespace SightPay.Server.Api;

/// <summary>RFC 9457 problem details with our extensions code, retryable and request_id.</summary>
public static class Problems
{
    /// <param name="code">Stable snake_case code; clients branch on it.</param>
    /// <param name="detail">A sentence for people, with the next step.</param>
    /// <param name="errors">Per-field messages of a 422.</param>
    public static IResult Of(
        int status, string code, string detail, bool retryable = false,
        IReadOnlyDictionary<string, string[]>? errors = null) => throw new NotImplementedException();

    /// <summary>The same as a stored answer of an act.</summary>
    public static Answer Answer(int status, string code, string detail) => throw new NotImplementedException();
}
