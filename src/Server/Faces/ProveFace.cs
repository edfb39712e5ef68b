using Npgsql;

namespace SightPay.Server.Faces;

/// <summary>A person passed a challenge: their stored template counts as proved from now on.</summary>
internal sealed class ProveFace(NpgsqlDataSource database, FaceStore store, GalleryFollower follower)
{
    /// <returns>False when the face was replaced or erased meanwhile.</returns>
    public async Task<bool> RunAsync(ChallengeTickets.Ticket passed, CancellationToken ct)
    {
        await using (var connection = await database.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            // The lock of enrolments and erasures, for the order of the change feed.
            await FaceStore.LockAsync(connection, transaction, ct);
            if (!await store.ProveAsync(connection, transaction, passed.Person, passed.TemplateId, ct)) return false;
            await transaction.CommitAsync(ct);
        }
        await follower.CatchUpAsync(CancellationToken.None);
        return true;
    }
}
