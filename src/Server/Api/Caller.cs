using System.Security.Claims;

namespace SightPay.Server.Api;

/// <summary>Names shared by the authentication schemes (People, Stations) and the routes they guard.</summary>
public static class Access
{
    public const string PersonScheme = "person";
    public const string StationScheme = "station";

    /// <summary>Anybody signed in as a person.</summary>
    public const string Person = "person";

    /// <summary>A person with the role manager or admin.</summary>
    public const string Operator = "operator";

    /// <summary>An operator, or an auditor: may look at everything.</summary>
    public const string Reader = "reader";

    /// <summary>A person with the role admin.</summary>
    public const string Admin = "admin";

    /// <summary>A device with a valid station key (header X-Station-Key).</summary>
    public const string Station = "station";

    public const string RoleClaim = "role";
    public const string SubjectClaim = "sub";
    public const string StationClaim = "station_id";
}

/// <summary>Who sends a request, read from its claims.</summary>
/// <param name="Name">For fingerprints and the audit log: <c>person:…</c>, <c>station:…</c> or
/// <c>anonymous</c>.</param>
public sealed record Caller(string Name, Guid? PersonId, string? StationId, IReadOnlySet<string> Roles)
{
    public bool IsOperator => Roles.Contains("manager") || Roles.Contains("admin");

    /// <summary>Operators and auditors; the latter change nothing.</summary>
    public bool ReadsAll => IsOperator || Roles.Contains("auditor");

    public static Caller Of(HttpContext http) => Of(http.User);

    public static Caller Of(ClaimsPrincipal user)
    {
        var roles = user.FindAll(Access.RoleClaim).Select(claim => claim.Value).ToHashSet();
        if (user.FindFirst(Access.StationClaim) is { } station)
            return new Caller($"station:{station.Value}", null, station.Value, roles);
        if (Guid.TryParse(user.FindFirst(Access.SubjectClaim)?.Value, out var person))
            return new Caller($"person:{person}", person, null, roles);
        return new Caller("anonymous", null, null, roles);
    }

    /// <summary>True for the person themself and for operators.</summary>
    public bool MaySee(Guid person) => PersonId == person || IsOperator;

    /// <summary>The same, and auditors, on routes that change nothing.</summary>
    public bool MayRead(Guid person) => PersonId == person || ReadsAll;
}
