using System.Buffers.Text;
using SightPay.Ledger;
using SightPay.Server.Api;

namespace SightPay.Server.People;

internal sealed record SignInRequest(string? Email, Secret? Password)
{
    public override string ToString() => nameof(SignInRequest);
}

/// <summary>
/// POST /auth/token. An unknown address costs the same work and gets the same answer as a wrong password.
/// </summary>
internal sealed class SignIn(
    PeopleStore store, SessionStore sessions, Passwords passwords, AccessTokens tokens, RateLimits limits,
    PeopleSettings settings, TimeProvider clock)
{
    public async Task<IResult> RunAsync(HttpContext http, SignInRequest request, CancellationToken ct)
    {
        var errors = new Dictionary<string, string[]>();
        if (string.IsNullOrWhiteSpace(request.Email) || request.Email.Length > EmailAddress.LengthMax)
            errors["email"] = ["The e-mail address is needed."];
        if (string.IsNullOrEmpty(request.Password?.Reveal())) errors["password"] = ["The password is needed."];
        if (errors.Count > 0)
            return Problems.Of(422, "fields_invalid", "Some fields are missing; see errors.", errors: errors);
        var emailKey = EmailAddress.KeyOf(request.Email!);
        limits.Demand(RateLimits.SignIn, emailKey);

        var login = await store.LoginByEmailAsync(emailKey, ct);
        var check = await passwords.CheckAsync(login?.PasswordHash, request.Password!, ct);
        if (login is null || login.Disabled || check == PasswordCheck.Wrong)
            return Problems.Of(401, "bad_credentials", "The e-mail address or the password is wrong.");
        if (check == PasswordCheck.RightButOld)
            await store.SetPasswordHashAsync(
                login.Person.Id, await passwords.HashAsync(request.Password!, ct), ct);

        var session = Ids.Next(clock);
        var now = clock.GetUtcNow();
        var refresh = await sessions.StartAsync(session, login.Person.Id, now, now + settings.SessionLife, ct);
        return Results.Json(
            new TokenAnswer(
                tokens.Issue(login.Person.Id, session), Base64Url.EncodeToString(refresh), tokens.LifeSeconds,
                SignedInAnswer.Of(login.Person)),
            ApiJson.Options);
    }
}
