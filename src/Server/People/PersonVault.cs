using Npgsql;

namespace SightPay.Server.People;

/// <summary>
/// Encrypts what belongs to a person with a key of their own per purpose (AES-256-GCM; the key itself is wrapped by the
/// installation's key in the data folder). Destroying the key erases the data wherever copies lie.
/// </summary>
public sealed class PersonVault
{
    /// <summary>Encrypts under the person's key for the purpose; makes a new key when there is none.</summary>
    public Task<byte[]> SealAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string purpose,
        ReadOnlyMemory<byte> plain, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Decrypts with a key read from the row (used when the gallery is rebuilt for everybody).</summary>
    public byte[] Open(Guid person, string purpose, ReadOnlySpan<byte> wrappedKey, ReadOnlySpan<byte> sealedData) =>
        throw new NotImplementedException();

    /// <summary>Destroys the key; what it sealed is unrecoverable.</summary>
    public Task DestroyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string purpose,
        CancellationToken ct) => throw new NotImplementedException();
}
