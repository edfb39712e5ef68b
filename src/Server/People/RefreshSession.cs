using System.Buffers;
using System.Buffers.Text;
using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.People;

internal sealed record RefreshRequest(Secret? RefreshToken)
{
    public override string ToString() => nameof(RefreshRequest);
}

/// <summary>
/// POST /auth/refresh. Each refresh token is good once. Sent again within the grace time it gives the same successor
/// (two tabs, a lost answer); sent again later it must have been copied, and the whole session ends.
/// </summary>
internal sealed class RefreshSession(
    NpgsqlDataSource database, SessionStore sessions, PeopleStore people, AccessTokens tokens,
    PeopleSettings settings, TimeProvider clock)
{
    private enum Outcome
    {
        Unknown,
        SessionEnded,
        Reused,
        Rotated,
        SameSuccessor,
    }

    public async Task<IResult> RunAsync(RefreshRequest request, CancellationToken ct)
    {
        var token = RefreshTokens.Read(request.RefreshToken);
        var (outcome, row) = token is null ? (Outcome.Unknown, null) : await DecideAsync(token, ct);
        if (outcome == Outcome.Reused)
            return Problems.Of(401, "refresh_token_reused",
                "This refresh token was used before, so the session was ended. Sign in again.");
        if (outcome == Outcome.SessionEnded)
            return Problems.Of(401, "session_ended", "The session is over. Sign in again.");
        if (outcome == Outcome.Unknown || await people.FindAsync(row!.PersonId, ct) is not { } person)
            return Problems.Of(401, "refresh_token_invalid", "The refresh token is not valid. Sign in again.");
        return Results.Json(
            new TokenAnswer(
                tokens.Issue(person.Id, row.SessionId), Base64Url.EncodeToString(sessions.SuccessorOf(token!)),
                tokens.LifeSeconds, SignedInAnswer.Of(person)),
            ApiJson.Options);
    }

    private async Task<(Outcome, LockedToken?)> DecideAsync(byte[] token, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await SessionStore.LockAsync(connection, transaction, token, ct) is not { } row)
            return (Outcome.Unknown, null);
        var now = clock.GetUtcNow();
        if (row.Over || row.EndsAt <= now) return (Outcome.SessionEnded, null);
        if (row.UsedAt is { } usedAt && now - usedAt <= settings.RefreshGrace) return (Outcome.SameSuccessor, row);
        if (row.UsedAt is not null)
        {
            await SessionStore.RevokeAsync(connection, transaction, row.SessionId, now, ct);
            await transaction.CommitAsync(ct);
            return (Outcome.Reused, null);
        }
        await sessions.RotateAsync(
            connection, transaction, token, row.SessionId, now, now + settings.SessionLife, ct);
        await transaction.CommitAsync(ct);
        return (Outcome.Rotated, row);
    }
}

internal static class RefreshTokens
{
    /// <summary>The token's bytes; null when the text cannot be one.</summary>
    public static byte[]? Read(Secret? sent)
    {
        if (sent?.Reveal() is not { Length: 43 } text) return null;
        var bytes = new byte[32];
        return Base64Url.DecodeFromChars(text, bytes, out _, out var count) == OperationStatus.Done
            && count == bytes.Length ? bytes : null;
    }
}
