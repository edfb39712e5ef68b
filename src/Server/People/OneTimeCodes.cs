using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using Npgsql;
using SightPay.Server.Api;

namespace SightPay.Server.People;

/// <param name="Qr">What the QR code holds.</param>
/// <param name="ExpiresIn">Seconds.</param>
internal sealed record OneTimeCodeAnswer(string Qr, int ExpiresIn)
{
    public override string ToString() => nameof(OneTimeCodeAnswer);
}

/// <summary>
/// POST /users/{id}/qr: a code for the person's phone to show as a QR code. It is good once and for a minute, so a
/// picture of the screen is of no use; a new one takes the place of the last.
/// </summary>
public sealed class OneTimeCodes(NpgsqlDataSource database, TimeProvider clock)
{
    private const int CodeBytes = 32;
    private const int CodeLetters = 43;
    private static readonly TimeSpan _life = TimeSpan.FromSeconds(60);

    public static bool IsCode(string? text) => Hash(text) is not null;

    /// <summary>
    /// The one of a few people whose code this is, which is used up with that; null when it is nobody's of them. A
    /// code of somebody else stays good for where it belongs.
    /// </summary>
    public async Task<Guid?> MatchOneAsync(IReadOnlyCollection<Guid> candidates, string code, CancellationToken ct)
    {
        if (Hash(code) is not { } hash) return null;
        await using var command = database.CreateCommand(
            """
            delete from person_code where hash = $1 and person_id = any($2) and expires_at > $3 returning person_id
            """);
        command.Parameters.Add(new() { Value = hash });
        command.Parameters.Add(new() { Value = candidates.ToArray() });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        return (Guid?)await command.ExecuteScalarAsync(ct);
    }

    internal async Task<IResult> IssueAsync(HttpContext http, string id, CancellationToken ct)
    {
        if (PersonAccess.RefuseOthers(http, id, out var person) is { } refusal) return refusal;
        var code = RandomNumberGenerator.GetBytes(CodeBytes);
        await using var command = database.CreateCommand(
            """
            insert into person_code (person_id, hash, expires_at) values ($1, $2, $3)
            on conflict (person_id) do update set hash = excluded.hash, expires_at = excluded.expires_at
            """);
        command.Parameters.Add(new() { Value = person });
        command.Parameters.Add(new() { Value = SHA256.HashData(code) });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() + _life });
        await command.ExecuteNonQueryAsync(ct);
        http.Response.Headers.CacheControl = "no-store";
        return Results.Json(
            new OneTimeCodeAnswer(Base64Url.EncodeToString(code), (int)_life.TotalSeconds), ApiJson.Options,
            statusCode: 201);
    }

    /// <summary>Null when the text cannot be a code.</summary>
    private static byte[]? Hash(string? text)
    {
        if (text?.Length != CodeLetters) return null;
        var bytes = new byte[CodeBytes];
        return Base64Url.DecodeFromChars(text, bytes, out _, out var count) == OperationStatus.Done
            && count == CodeBytes
                ? SHA256.HashData(bytes)
                : null;
    }
}
