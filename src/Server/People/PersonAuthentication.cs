using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>
/// Reads <c>Authorization: Bearer</c>. The session and the roles are looked up at each request (one primary-key read),
/// so that signing out, disabling a person or taking a role away works at once and not when the token ends.
/// </summary>
internal sealed class PersonAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    AccessTokens tokens, SessionStore sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Prefix = "Bearer ";
    private string _code = "sign_in_required";
    private string _detail = "Sign in and send the access token as Authorization: Bearer.";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return AuthenticateResult.NoResult();
        if (tokens.Read(header[Prefix.Length..].Trim()) is not { } grant)
            return Fail("access_token_invalid", "The access token is not valid. Sign in again.");
        if (grant.Expired)
            return Fail("access_token_expired", "The access token is over. Refresh it and try again.");
        if (await sessions.RolesAsync(grant.SessionId, Context.RequestAborted) is not { } roles)
            return Fail("session_ended", "The session is over. Sign in again.");

        var identity = new ClaimsIdentity(
            [
                new(Access.SubjectClaim, grant.PersonId.ToString()),
                new(AccessTokens.SessionClaim, grant.SessionId.ToString()),
                .. roles.Select(role => new Claim(Access.RoleClaim, role)),
            ],
            Scheme.Name, Access.SubjectClaim, Access.RoleClaim);
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // Where a station may come as well, its refusal may have been told already.
        if (Response.HasStarted) return Task.CompletedTask;
        Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Of(401, _code, _detail).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.Of(403, "forbidden", "Your roles do not allow this.").ExecuteAsync(Context);

    private AuthenticateResult Fail(string code, string detail)
    {
        (_code, _detail) = (code, detail);
        return AuthenticateResult.Fail(code);
    }
}
