using SightPay.Server.Api;
using SightPay.Server.People;

namespace SightPay.Server.Faces;

/// <summary>Tells a person what is stored of their face; never the numbers themselves.</summary>
internal static class ShowFace
{
    /// <param name="EnrolAgain">The template was made by another model pack and recognises nobody.</param>
    internal sealed record Shown(
        bool Enrolled, Guid? TemplateId, double? Quality, string? Liveness, DateTimeOffset? EnrolledAt,
        bool EnrolAgain);

    public static async Task<IResult> Handle(
        Guid id, HttpContext http, FaceStore store, FaceRecogniser recogniser, Persons persons)
    {
        FaceAccess.Check(http, id);
        var ct = http.RequestAborted;
        if (await persons.FindAsync(id, ct) is null)
            throw new ProblemException(404, "user_not_found", "There is no user with this id.");
        var face = await store.FindAsync(id, ct);
        var shown = face is null
            ? new Shown(false, null, null, null, null, false)
            : new Shown(
                true, face.TemplateId, face.Quality, face.Liveness, face.EnrolledAt, face.Pack != recogniser.Pack);
        return Results.Json(shown, ApiJson.Options);
    }
}
