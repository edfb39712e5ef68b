using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using SightPay.Server.Api;

namespace SightPay.Server.Stations;

/// <summary>Authenticates a device by its key in the header X-Station-Key.</summary>
internal sealed class StationAuthentication(
    StationStore store, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string Header = "X-Station-Key";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!Request.Headers.TryGetValue(Header, out var values) || values.Count != 1)
            return AuthenticateResult.NoResult();
        var station = await store.OfKeyAsync(StationKey.Of(values.ToString()), Context.RequestAborted);
        if (station is null) return AuthenticateResult.Fail("The station key is unknown or revoked.");
        var identity = new ClaimsIdentity([new Claim(Access.StationClaim, station.Id)], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        // Where a person may come as well, their refusal has been told already.
        Response.HasStarted ? Task.CompletedTask : StationProblems.KeyInvalid().ExecuteAsync(Context);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.Of(403, "forbidden", "A station may not do this.").ExecuteAsync(Context);
}

/// <summary>Refusals that HTTP and the socket share.</summary>
internal static class StationProblems
{
    public const string KeyInvalidCode = "station_key_invalid";
    public const string KeyInvalidDetail =
        $"The header {StationAuthentication.Header} holds no valid station key. Open the kiosk by a new link.";

    public static IResult KeyInvalid() => Problems.Of(401, KeyInvalidCode, KeyInvalidDetail);
}
