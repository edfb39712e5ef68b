using System.Security.Cryptography;
using Npgsql;
using SightPay.Server.People;

namespace SightPay.Server.Stations;

/// <summary>What came of asking to try a second factor on a sighting; the order is the precedence.</summary>
public enum AskOutcome
{
    /// <summary>There is no such sighting, or nothing was asked.</summary>
    Unknown,
    OtherStation,
    Resolved,

    /// <summary>Its minute is over.</summary>
    Expired,

    /// <summary>All tries were wrong: this is for the staff.</summary>
    Exhausted,
    Counted,
}

/// <param name="Candidates">Whom the sighting may show; empty unless the try was counted.</param>
/// <param name="TriesLeft">After this one.</param>
public sealed record AskTry(AskOutcome Outcome, IReadOnlyList<Guid> Candidates, int TriesLeft);

/// <summary>
/// The short life of a sighting that was answered with <c>ask</c>. Who it may be stays here: sealed with the
/// installation's key, never shown, deleted when it is resolved or an hour old.
/// </summary>
public sealed class SightingAsks(InstallationKey installation, NpgsqlDataSource database, TimeProvider clock)
{
    public const int TriesMax = 3;
    private const int IdBytes = 16;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>As long as a sighting pays at a till.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(60);

    private readonly byte[] _key = installation.Derive("sighting-ask");

    /// <summary>To be kept with the act that asks.</summary>
    public SightingAskRow RowOf(Sighting sighting, IReadOnlyList<Guid> candidates) =>
        new(sighting.Id, sighting.Station.Id, Seal(sighting.Id, candidates, sighting.Alerts.Count > 0));

    /// <summary>Whether what was seen looked like a picture, so that digits which many know do not settle it.</summary>
    public async Task<bool> NeedsProofAsync(Guid sighting, string station, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select candidates from sighting_ask where sighting = $1 and station = $2");
        command.Parameters.Add(new() { Value = sighting });
        command.Parameters.Add(new() { Value = station });
        return await command.ExecuteScalarAsync(ct) is byte[] candidates && Open(sighting, candidates).NeedsProof;
    }

    /// <summary>
    /// Counts a try before anything is compared, so that guesses sent at once have no more tries than others.
    /// </summary>
    public async Task<AskTry> CountAsync(Guid sighting, string station, CancellationToken ct)
    {
        await using (var command = database.CreateCommand(
            """
            update sighting_ask set tries = tries + 1
            where sighting = $1 and station = $2 and at > $3 and resolved_at is null and tries < $4
            returning candidates, tries
            """))
        {
            command.Parameters.Add(new() { Value = sighting });
            command.Parameters.Add(new() { Value = station });
            command.Parameters.Add(new() { Value = clock.GetUtcNow() - Fresh });
            command.Parameters.Add(new() { Value = TriesMax });
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (await reader.ReadAsync(ct))
                return new(
                    AskOutcome.Counted, Open(sighting, reader.GetFieldValue<byte[]>(0)).Candidates,
                    TriesMax - reader.GetInt16(1));
        }
        return new(await WhyNotAsync(sighting, station, ct), [], 0);
    }

    private async Task<AskOutcome> WhyNotAsync(Guid sighting, string station, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select station, resolved_at is not null, tries from sighting_ask where sighting = $1");
        command.Parameters.Add(new() { Value = sighting });
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return AskOutcome.Unknown;
        if (reader.GetString(0) != station) return AskOutcome.OtherStation;
        if (reader.GetBoolean(1)) return AskOutcome.Resolved;
        return reader.GetInt16(2) >= TriesMax ? AskOutcome.Exhausted : AskOutcome.Expired;
    }

    /// <summary>The ids, and one byte more when they need proof.</summary>
    private byte[] Seal(Guid sighting, IReadOnlyList<Guid> candidates, bool needsProof)
    {
        byte[] plain = [.. candidates.SelectMany(id => id.ToByteArray()), .. needsProof ? [1] : Array.Empty<byte>()];
        var output = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(output.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(
            output.AsSpan(0, NonceBytes), plain, output.AsSpan(NonceBytes + TagBytes),
            output.AsSpan(NonceBytes, TagBytes), sighting.ToByteArray());
        return output;
    }

    private (Guid[] Candidates, bool NeedsProof) Open(Guid sighting, byte[] input)
    {
        var plain = new byte[input.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(
            input.AsSpan(0, NonceBytes), input.AsSpan(NonceBytes + TagBytes), input.AsSpan(NonceBytes, TagBytes),
            plain, sighting.ToByteArray());
        var ids = plain.Chunk(IdBytes).Where(bytes => bytes.Length == IdBytes).Select(bytes => new Guid(bytes));
        return ([.. ids], plain.Length % IdBytes != 0);
    }
}
