using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace SightPay.Server.People;

/// <summary>
/// Encrypts what belongs to a person with a key of their own per purpose (AES-256-GCM; the key itself is wrapped by the
/// installation's key in the data folder). Destroying the key erases the data wherever copies lie.
/// </summary>
/// <remarks>
/// Sealed bytes are: format (1), nonce (12), tag (16), cipher text. Person and purpose are authenticated with them, so
/// a row copied to somebody else does not open. Wrapped keys stand in the table <c>person_key</c>.
/// </remarks>
public sealed class PersonVault(InstallationKey installation, NpgsqlDataSource database)
{
    /// <summary>Destroying is this, a condition, and <see cref="MarkSql"/>: <see cref="DestroyedKeys"/> finishes it.
    /// </summary>
    internal const string DestroySql = "with gone as (delete from person_key";

    internal const string MarkSql =
        "returning purpose) insert into destroyed_key (purpose) select purpose from gone";

    private const byte Format = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int KeyBytes = 32;
    private readonly byte[] _wrapping = installation.Derive("vault");

    /// <summary>Encrypts under the person's key for the purpose; makes a new key when there is none.</summary>
    public async Task<byte[]> SealAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string purpose,
        ReadOnlyMemory<byte> plain, CancellationToken ct)
    {
        var wrapped = NewKey(person, purpose);
        // The row stays locked until the commit: a key that is destroyed meanwhile takes this data with it.
        await using var command = new NpgsqlCommand(
            """
            insert into person_key (person_id, purpose, wrapped_key) values ($1, $2, $3)
            on conflict (person_id, purpose) do update set wrapped_key = person_key.wrapped_key
            returning wrapped_key
            """, connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = purpose }, new() { Value = wrapped } },
        };
        return Seal(person, purpose, (byte[])(await command.ExecuteScalarAsync(ct))!, plain.Span);
    }

    /// <summary>A fresh key for the purpose, wrapped; nothing is stored.</summary>
    internal byte[] NewKey(Guid person, string purpose)
    {
        var fresh = RandomNumberGenerator.GetBytes(KeyBytes);
        var wrapped = Encrypt(_wrapping, Binding("key", person, purpose), fresh);
        CryptographicOperations.ZeroMemory(fresh);
        return wrapped;
    }

    /// <summary>Encrypts under a key of the person's.</summary>
    internal byte[] Seal(Guid person, string purpose, ReadOnlySpan<byte> wrappedKey, ReadOnlySpan<byte> plain)
    {
        var key = Unwrap(person, purpose, wrappedKey);
        try
        {
            return Encrypt(key, Binding("data", person, purpose), plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Decrypts with a key read from the row (used when the gallery is rebuilt for everybody).</summary>
    /// <exception cref="CryptographicException">Not sealed for this person and purpose, or damaged.</exception>
    public byte[] Open(Guid person, string purpose, ReadOnlySpan<byte> wrappedKey, ReadOnlySpan<byte> sealedData)
    {
        var key = Unwrap(person, purpose, wrappedKey);
        try
        {
            return Decrypt(key, Binding("data", person, purpose), sealedData);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The wrapped keys of everybody who has one for the purpose.</summary>
    public async Task<IReadOnlyDictionary<Guid, byte[]>> WrappedKeysAsync(string purpose, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select person_id, wrapped_key from person_key where purpose = $1");
        command.Parameters.Add(new() { Value = purpose });
        var keys = new Dictionary<Guid, byte[]>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) keys.Add(reader.GetGuid(0), reader.GetFieldValue<byte[]>(1));
        return keys;
    }

    /// <summary>
    /// Destroys the key; what it sealed cannot be opened any more. Its bytes leave PostgreSQL's files soon after.
    /// </summary>
    public async Task DestroyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid person, string purpose,
        CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"{DestroySql} where person_id = $1 and purpose = $2 {MarkSql}", connection, transaction)
        {
            Parameters = { new() { Value = person }, new() { Value = purpose } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    private byte[] Unwrap(Guid person, string purpose, ReadOnlySpan<byte> wrappedKey) =>
        Decrypt(_wrapping, Binding("key", person, purpose), wrappedKey);

    private static byte[] Binding(string what, Guid person, string purpose) =>
        Encoding.UTF8.GetBytes($"sightpay:{what}:{person}:{purpose}");

    private static byte[] Encrypt(byte[] key, byte[] binding, ReadOnlySpan<byte> plain)
    {
        var output = new byte[1 + NonceBytes + TagBytes + plain.Length];
        output[0] = Format;
        var nonce = output.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(
            nonce, plain, output.AsSpan(1 + NonceBytes + TagBytes), output.AsSpan(1 + NonceBytes, TagBytes), binding);
        return output;
    }

    private static byte[] Decrypt(byte[] key, byte[] binding, ReadOnlySpan<byte> input)
    {
        if (input.Length < 1 + NonceBytes + TagBytes || input[0] != Format)
            throw new CryptographicException("Sealed data is cut off or of an unknown format.");
        var plain = new byte[input.Length - 1 - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(
            input.Slice(1, NonceBytes), input[(1 + NonceBytes + TagBytes)..],
            input.Slice(1 + NonceBytes, TagBytes), plain, binding);
        return plain;
    }
}
