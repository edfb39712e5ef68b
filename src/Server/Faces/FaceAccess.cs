using SightPay.Server.Api;

namespace SightPay.Server.Faces;

/// <summary>A face is open to the person themself and to operators.</summary>
internal static class FaceAccess
{
    public static Caller Check(HttpContext http, Guid person)
    {
        var caller = Caller.Of(http);
        if (!caller.MaySee(person))
            throw new ProblemException(403, "forbidden", "Only the person themself and operators may do this.");
        return caller;
    }
}
