using Npgsql;
using SightPay.Server.Api;
using SightPay.Server.Audit;
using SightPay.Server.People;

namespace SightPay.Server.Faces;

/// <summary>
/// Forgets a face: the key that sealed it is destroyed, the row deleted, the gallery entry overwritten. Also what a
/// withdrawn consent does.
/// </summary>
internal sealed class EraseFace(
    FaceStore store, GalleryFollower follower, PersonVault vault, AuditLog audit, NpgsqlDataSource database)
    : IConsentWithdrawal
{
    public string Purpose => Consents.Face;

    public static async Task<IResult> Handle(Guid id, HttpContext http, EraseFace erase, Persons persons)
    {
        var caller = FaceAccess.Check(http, id);
        if (await persons.FindAsync(id, http.RequestAborted) is null)
            throw new ProblemException(404, "user_not_found", "There is no user with this id.");
        await erase.RunAsync(id, caller.PersonId == id ? null : caller.Name, http.RequestAborted);
        return Results.NoContent();
    }

    public Task WithdrawAsync(Guid person, CancellationToken ct) => RunAsync(person, null, ct);

    /// <param name="operatorName">Goes to the audit log; null when the person erases their own face.</param>
    public async Task RunAsync(Guid person, string? operatorName, CancellationToken ct)
    {
        await using (var connection = await database.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            await FaceStore.LockAsync(connection, transaction, ct);
            await vault.DestroyAsync(connection, transaction, person, Purpose, ct);
            await store.RemoveAsync(connection, transaction, person, ct);
            if (operatorName is not null)
                await audit.WriteAsync(connection, transaction, operatorName, "face_erased", $"person:{person}", ct);
            await transaction.CommitAsync(ct);
        }
        await follower.CatchUpAsync(CancellationToken.None);
    }
}
