using System.Security.Cryptography;
using System.Text;
using SightPay.Server.Database;

namespace SightPay.Server.People;

/// <summary>
/// The installation's own key: 32 random bytes in the data folder that only the server's account may read. Every other
/// lasting key is derived from it or wrapped by it, so a stolen database alone opens nothing.
/// </summary>
public sealed class InstallationKey
{
    private const int Bytes = 32;
    private readonly byte[] _key;

    public InstallationKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Bytes)
            throw new ArgumentException($"An installation key has {Bytes} bytes, not {key.Length}.", nameof(key));
        _key = key.ToArray();
    }

    /// <summary>A key for one purpose; the same purpose always gives the same key.</summary>
    public byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, Bytes, info: Encoding.UTF8.GetBytes("sightpay:" + purpose));

    /// <summary>Reads <c>keys/installation.key</c>; makes it when there is none.</summary>
    /// <exception cref="InvalidOperationException">The file is not a key.</exception>
    public static InstallationKey Open(string dataFolder)
    {
        const string name = "installation.key";
        var key = KeyFile.Open(dataFolder, name, () => RandomNumberGenerator.GetBytes(Bytes));
        if (key.Length != Bytes)
            throw new InvalidOperationException(
                $"keys/{name} in {dataFolder} is damaged: {key.Length} bytes instead of {Bytes}. Put the file back "
                + "from a backup; without it the enrolled faces cannot be read.");
        return new InstallationKey(key);
    }

    public override string ToString() => "[installation key]";
}
