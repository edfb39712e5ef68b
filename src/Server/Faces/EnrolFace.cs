using Npgsql;
using SightPay.Ledger;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.People;
using SightPay.Vision.Faces;
using SightPay.Vision.Gallery;

namespace SightPay.Server.Faces;

/// <summary>
/// Stores a person's face from one to five photos, replacing the one before. The same face never belongs to two people.
/// </summary>
internal sealed class EnrolFace(
    FaceRecogniser recogniser, FaceStore store, GalleryFollower follower, Persons persons,
    Consents consents, PersonVault vault, AuditLog audit, NpgsqlDataSource database, GeneralLedger ledger,
    TimeProvider clock)
{
    public const string Purpose = Consents.Face;

    internal sealed record Enrolled(Guid TemplateId, double Quality, int ImagesUsed, string Liveness);

    public static async Task<IResult> Handle(
        Guid id, HttpContext http, EnrolFace enrol, FacesSettings settings, Idempotency idempotency)
    {
        var caller = FaceAccess.Check(http, id);
        return await idempotency.RunAsync(http, required: false, async (key, ct) =>
        {
            await enrol.DemandPersonAndConsentAsync(id, ct);
            var photos = await ImageParts.ReadAsync(http, settings.PhotosMax, ct);
            return await enrol.RecordAsync(key, await enrol.RunAsync(caller, id, photos, ct), ct);
        });
    }

    public async Task<Enrolled> RunAsync(
        Caller caller, Guid person, IReadOnlyList<ReadOnlyMemory<byte>> photos, CancellationToken ct)
    {
        var faces = await ReadAsync(photos, ct);
        if (EnrolmentPolicy.OddOneOut(faces) is { } odd)
            throw Refused("different_people", odd, "does not show the same person as the others");
        var template = FacePipeline.Fuse(faces);
        var quality = Math.Round(faces.Average(face => face.Quality.Score), 3);
        var row = new FaceRow(
            person, Ids.Next(clock), template.Pack, [], quality, faces.Count, FaceRow.NoLiveness, clock.GetUtcNow());
        await StoreAsync(caller, row, template, ct);
        return new Enrolled(row.TemplateId, row.Quality, row.ImagesUsed, row.Liveness);
    }

    /// <summary>
    /// Keeps the answer under its key, in an act that moves no money. Should the program die between the enrolment and
    /// this, the same request enrols the same photos once more.
    /// </summary>
    private Task<ActResult> RecordAsync(ActKey key, Enrolled enrolled, CancellationToken ct)
    {
        var answer = new Answer(200, ApiJson.Write(enrolled));
        return ledger.SubmitAsync(new Act
        {
            Id = key.Id,
            Fingerprint = key.Fingerprint,
            Plans = [new Plan { Compose = _ => answer }],
            Refuse = refusal => Problems.Answer(409, refusal.Code, "The enrolment could not be recorded. Try again."),
        }, ct);
    }

    private async Task<List<Face>> ReadAsync(IReadOnlyList<ReadOnlyMemory<byte>> photos, CancellationToken ct)
    {
        var faces = new List<Face>(photos.Count);
        for (var photo = 0; photo < photos.Count; photo++)
        {
            var reading = (await LookAsync(photos[photo], photo, ct)).Reading;
            if (reading.Target is not { } face) throw Refused("no_face", photo, "shows no face");
            if (reading.IsCrowded) throw Refused("several_faces", photo, "shows several faces");
            if (Flaw(face.Quality.Flaw) is { } flaw) throw Refused(flaw.Code, photo, flaw.Words);
            faces.Add(face);
        }
        return faces;
    }

    private async Task<FaceLook> LookAsync(ReadOnlyMemory<byte> encoded, int photo, CancellationToken ct)
    {
        try
        {
            return await recogniser.LookAsync(encoded, FaceDemand.Enrol, ct);
        }
        catch (ProblemException problem)
        {
            throw OfPhoto(problem.Code, photo, problem.Message);
        }
    }

    /// <summary>
    /// One enrolment at a time for the whole installation: whoever holds the lock has seen every face stored before, so
    /// of two people who enrol one face at once exactly one wins. Consent is read again under the lock, so that a
    /// withdrawal either stops the enrolment or erases it.
    /// </summary>
    private async Task StoreAsync(Caller caller, FaceRow row, FaceTemplate template, CancellationToken ct)
    {
        await using (var connection = await database.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            await FaceStore.LockAsync(connection, transaction, ct);
            await follower.CatchUpAsync(ct);
            await DemandConsentAsync(row.Person, ct);
            if (recogniser.BelongsToAnother(template, row.Person))
                throw new ProblemException(
                    409, "face_already_enrolled",
                    "This face is enrolled for another person. Sign in as that person, or ask an operator.");
            var numbers = TemplateBytes.Of(template);
            try
            {
                var box = await vault.SealAsync(connection, transaction, row.Person, Purpose, numbers, ct);
                await store.PutAsync(connection, transaction, row with { Sealed = box }, ct);
            }
            finally
            {
                Array.Clear(numbers);
            }
            if (caller.PersonId != row.Person)
                await audit.WriteAsync(
                    connection, transaction, caller.Name, "face_enrolled", $"person:{row.Person}", ct);
            await transaction.CommitAsync(ct);
        }
        await follower.CatchUpAsync(CancellationToken.None);
    }

    private async Task DemandPersonAndConsentAsync(Guid person, CancellationToken ct)
    {
        if (await persons.FindAsync(person, ct) is null)
            throw new ProblemException(404, "user_not_found", "There is no user with this id.");
        await DemandConsentAsync(person, ct);
    }

    private async Task DemandConsentAsync(Guid person, CancellationToken ct)
    {
        if (!await consents.HasAsync(person, Purpose, ct))
            throw new ProblemException(
                403, "consent_missing", "The person has not agreed to face recognition. Ask for the consent first.");
    }

    private static ProblemException Refused(string code, int photo, string words) =>
        OfPhoto(code, photo, $"Photo {photo} {words}. Take it again.");

    private static ProblemException OfPhoto(string code, int photo, string detail) => new(
        422, code, detail,
        errors: new Dictionary<string, string[]> { [$"{ImageParts.Name}[{photo}]"] = [detail] });

    private static (string Code, string Words)? Flaw(FaceFlaw flaw) => flaw switch
    {
        FaceFlaw.TooSmall => ("face_too_small", "shows a face that is too small; come closer"),
        FaceFlaw.CutOff => ("face_cut_off", "cuts part of the face off"),
        FaceFlaw.Turned => ("face_turned", "shows a face that is turned away; look into the camera"),
        FaceFlaw.Blurred => ("face_blurred", "is blurred; hold still"),
        FaceFlaw.BadLight => ("face_bad_light", "is too dark, too bright or without contrast"),
        FaceFlaw.Covered => ("face_covered", "shows a face behind a mask or dark glasses; take them off"),
        _ => null,
    };
}
