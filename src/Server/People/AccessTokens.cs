using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>What an access token says.</summary>
internal readonly record struct AccessGrant(Guid PersonId, Guid SessionId, bool Expired);

/// <summary>
/// Makes and reads access tokens: the framework's ticket format under its Data Protection keys, which rotate by
/// themselves and lie in the data folder. A token names the person and the session and nothing else; roles are read
/// at each request.
/// </summary>
internal sealed class AccessTokens(IDataProtectionProvider protection, PeopleSettings settings, TimeProvider clock)
{
    public const string SessionClaim = "sid";

    private readonly TicketDataFormat _format = new(protection.CreateProtector("SightPay.AccessToken.v1"));

    public int LifeSeconds => (int)settings.AccessTokenLife.TotalSeconds;

    public string Issue(Guid person, Guid session)
    {
        var identity = new ClaimsIdentity(
            [new(Access.SubjectClaim, person.ToString()), new(SessionClaim, session.ToString())],
            Access.PersonScheme);
        var properties = new AuthenticationProperties { ExpiresUtc = clock.GetUtcNow() + settings.AccessTokenLife };
        return _format.Protect(new AuthenticationTicket(new(identity), properties, Access.PersonScheme));
    }

    /// <summary>Null when the token is not one of ours.</summary>
    public AccessGrant? Read(string token)
    {
        if (_format.Unprotect(token) is not { } ticket) return null;
        return Guid.TryParse(ticket.Principal.FindFirst(Access.SubjectClaim)?.Value, out var person)
            && Guid.TryParse(ticket.Principal.FindFirst(SessionClaim)?.Value, out var session)
            && ticket.Properties.ExpiresUtc is { } expires
            ? new AccessGrant(person, session, expires <= clock.GetUtcNow())
            : null;
    }
}
