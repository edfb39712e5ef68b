using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Faces;

/// <summary>Tells a person what is stored of their face; never the numbers themselves.</summary>
internal static class ShowFace
{
    internal sealed record Shown(
        bool Enrolled, Guid? TemplateId, double? Quality, string? Liveness, DateTimeOffset? EnrolledAt);

    public static async Task<IResult> Handle(Guid id, HttpContext http, FaceStore store, Persons persons)
    {
        FaceAccess.Check(http, id);
        var ct = http.RequestAborted;
        if (await persons.FindAsync(id, ct) is null)
            throw new ProblemException(404, "user_not_found", "There is no user with this id.");
        var face = await store.FindAsync(id, ct);
        var shown = face is null
            ? new Shown(false, null, null, null, null)
            : new Shown(true, face.TemplateId, face.Quality, face.Liveness, face.EnrolledAt);
        return Results.Json(shown, ApiJson.Options);
    }
}
