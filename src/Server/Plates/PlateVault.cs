using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using SightPay.Server.People;
using SightPay.Vision.Plates;

namespace SightPay.Server.Plates;

/// <summary>What lies sealed in a vehicle's row.</summary>
internal sealed record SealedVehicle(string Plate, string Name)
{
    public override string ToString() => nameof(SealedVehicle);
}

/// <summary>What lies sealed in a claim's row.</summary>
internal sealed record SealedClaim(string Region, string Plate, string Words)
{
    public override string ToString() => nameof(SealedClaim);
}

/// <summary>
/// How plates lie in the store: found by keyed hashes, readable with a key of each vehicle's own. There are few plates,
/// so a plain hash could be turned back by trying all of them; this one needs the installation's key, which the
/// database does not hold.
/// </summary>
internal sealed class PlateVault(PersonVault vault, InstallationKey installation)
{
    private readonly byte[] _plateKey = installation.Derive("plate");
    private readonly byte[] _foldKey = installation.Derive("plate-fold");

    /// <summary>A key for each vehicle and claim: what is given up can be shredded alone.</summary>
    public static string PurposeOf(Guid id) => $"plate:{id}";

    /// <param name="canonical">In its region's form.</param>
    public byte[] HashOf(string canonical) => HMACSHA256.HashData(_plateKey, Encoding.ASCII.GetBytes(canonical));

    /// <summary>The same for all plates that may be taken for each other.</summary>
    public byte[] FoldOf(string canonical) =>
        HMACSHA256.HashData(_foldKey, Encoding.ASCII.GetBytes(ConfusableGlyphs.Fold(canonical)));

    public Task<byte[]> SealAsync<T>(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, Guid id, T content,
        CancellationToken ct) =>
        vault.SealAsync(
            connection, transaction, person, PurposeOf(id), JsonSerializer.SerializeToUtf8Bytes(content), ct);

    /// <exception cref="CryptographicException">Not sealed for this person and row, or damaged.</exception>
    public T Open<T>(Guid person, Guid id, byte[] wrappedKey, byte[] content)
    {
        var plain = vault.Open(person, PurposeOf(id), wrappedKey, content);
        try
        {
            return JsonSerializer.Deserialize<T>(plain)!;
        }
        finally
        {
            Array.Clear(plain);
        }
    }

    public Task DestroyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, Guid id, CancellationToken ct) =>
        vault.DestroyAsync(connection, transaction, person, PurposeOf(id), ct);
}
