using SightPay.Server.Api;

namespace SightPay.Server.People;

internal sealed record SignOutRequest(Secret? RefreshToken)
{
    public override string ToString() => nameof(SignOutRequest);
}

/// <summary>
/// POST /auth/sign-out ends the session of the access token, or of the refresh token in the body when the access token
/// is over already. Signing out twice, or of nothing, is no error.
/// </summary>
internal sealed class SignOut(SessionStore sessions, TimeProvider clock)
{
    public async Task<IResult> RunAsync(HttpContext http, SignOutRequest? request, CancellationToken ct)
    {
        var byAccess = Guid.TryParse(http.User.FindFirst(AccessTokens.SessionClaim)?.Value, out var session);
        if (byAccess) await sessions.RevokeAsync(session, clock.GetUtcNow(), ct);
        if (RefreshTokens.Read(request?.RefreshToken) is { } token
            && await sessions.SessionOfAsync(token, ct) is { } byRefresh)
            await sessions.RevokeAsync(byRefresh, clock.GetUtcNow(), ct);
        return byAccess || request?.RefreshToken is not null
            ? Results.NoContent()
            : Problems.Of(401, "sign_in_required", "Send the access token or the refresh token of the session.");
    }
}
