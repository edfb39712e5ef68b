using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <summary>The rule of every route below /users/{id}: the person themself and operators.</summary>
public static class PersonAccess
{
    /// <summary>
    /// The refusal, or null when the caller may go on. Others are told 403 whether the person exists or not.
    /// </summary>
    public static IResult? Refuse(HttpContext http, string id, out Guid person)
    {
        var caller = Caller.Of(http);
        var known = Guid.TryParse(id, out person);
        if (known && caller.MaySee(person)) return null;
        return caller.IsOperator
            ? NotFound()
            : Problems.Of(403, "forbidden", "Only the person themself and operators may do this.");
    }

    /// <summary>The same on routes that change nothing: auditors may look too.</summary>
    public static IResult? RefuseReading(HttpContext http, string id, out Guid person)
    {
        var caller = Caller.Of(http);
        var known = Guid.TryParse(id, out person);
        if (known && caller.MayRead(person)) return null;
        return caller.ReadsAll
            ? NotFound()
            : Problems.Of(403, "forbidden", "Only the person themself, operators and auditors may see this.");
    }

    /// <summary>What no operator may do for somebody.</summary>
    public static IResult? RefuseOthers(HttpContext http, string id, out Guid person) =>
        Guid.TryParse(id, out person) && Caller.Of(http).PersonId == person
            ? null
            : Problems.Of(403, "forbidden", "Only the person themself may do this.");

    public static IResult NotFound() => Problems.Of(404, "user_not_found", "There is no such user.");
}
