using System.Security.Cryptography;
using System.Text.Unicode;
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
public sealed class PersonVault(InstallationKey installation)
{
    /// <summary>Destroying is this, a condition, and <see cref="MarkSql"/>: <see cref="DestroyedKeys"/> finishes it.
    /// </summary>
    internal const string DestroySql = "with gone as (delete from person_key";

    internal const string MarkSql =
        "returning purpose) insert into destroyed_key (purpose) select purpose from gone";

    private const byte Format = 1;
    private const int NonceBytes = 12;
    internal const int TagBytes = 16;
    internal const int KeyBytes = 32;
    internal const int BindingBytesMax = 128;
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

    /// <summary>Decrypts with a key read from the row.</summary>
    /// <exception cref="CryptographicException">Not sealed for this person and purpose, or damaged.</exception>
    public byte[] Open(Guid person, string purpose, ReadOnlySpan<byte> wrappedKey, ReadOnlySpan<byte> sealedData)
    {
        using var opener = Opener(purpose);
        var plain = new byte[PlainBytes(sealedData)];
        opener.Open(person, wrappedKey, sealedData, plain);
        return plain;
    }

    /// <summary>For a thread that opens many people's data one after another.</summary>
    internal VaultOpener Opener(string purpose) => new(_wrapping, purpose);

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

    /// <exception cref="CryptographicException">Cut off, or of an unknown format.</exception>
    internal static int PlainBytes(ReadOnlySpan<byte> sealedData) =>
        sealedData.Length >= 1 + NonceBytes + TagBytes && sealedData[0] == Format
            ? sealedData.Length - 1 - NonceBytes - TagBytes
            : throw new CryptographicException("Sealed data is cut off or of an unknown format.");

    /// <param name="plain">Exactly as long as the plain text.</param>
    internal static void Decrypt(AesGcm aes, ReadOnlySpan<byte> binding, ReadOnlySpan<byte> input, Span<byte> plain)
    {
        if (PlainBytes(input) != plain.Length) throw new CryptographicException("Sealed data is of another length.");
        aes.Decrypt(
            input.Slice(1, NonceBytes), input[(1 + NonceBytes + TagBytes)..],
            input.Slice(1 + NonceBytes, TagBytes), plain, binding);
    }

    /// <summary>What is authenticated with the data.</summary>
    /// <returns>The part of the space that was used.</returns>
    internal static ReadOnlySpan<byte> Binding(Span<byte> space, string what, Guid person, string purpose) =>
        Utf8.TryWrite(space, $"sightpay:{what}:{person}:{purpose}", out var length)
            ? space[..length]
            : throw new ArgumentException("The purpose is too long.", nameof(purpose));

    private byte[] Unwrap(Guid person, string purpose, ReadOnlySpan<byte> wrappedKey)
    {
        var key = new byte[KeyBytes];
        using var aes = new AesGcm(_wrapping, TagBytes);
        Decrypt(aes, Binding("key", person, purpose), wrappedKey, key);
        return key;
    }

    private static ReadOnlySpan<byte> Binding(string what, Guid person, string purpose) =>
        Binding(new byte[BindingBytesMax], what, person, purpose);

    private static byte[] Encrypt(byte[] key, ReadOnlySpan<byte> binding, ReadOnlySpan<byte> plain)
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
}

/// <summary>
/// Opens what a vault sealed for one purpose, person after person: the installation's key is prepared once. For one
/// thread at a time.
/// </summary>
internal sealed class VaultOpener(byte[] wrapping, string purpose) : IDisposable
{
    private readonly AesGcm _wrapping = new(wrapping, PersonVault.TagBytes);

    /// <param name="plain">Exactly as long as the plain text.</param>
    /// <exception cref="CryptographicException">Not sealed for this person and purpose, or damaged.</exception>
    public void Open(
        Guid person, ReadOnlySpan<byte> wrappedKey, ReadOnlySpan<byte> sealedData, Span<byte> plain)
    {
        Span<byte> space = stackalloc byte[PersonVault.BindingBytesMax];
        Span<byte> key = stackalloc byte[PersonVault.KeyBytes];
        PersonVault.Decrypt(_wrapping, PersonVault.Binding(space, "key", person, purpose), wrappedKey, key);
        using var theirs = new AesGcm(key, PersonVault.TagBytes);
        CryptographicOperations.ZeroMemory(key);
        PersonVault.Decrypt(theirs, PersonVault.Binding(space, "data", person, purpose), sealedData, plain);
    }

    public void Dispose() => _wrapping.Dispose();
}
