using System.Security.Cryptography;
using System.Text;
using SightPay.Server.Database;

namespace SightPay.Server.Receipts.Tree;

/// <summary>The key that tree heads are checked with; the log itself has the private half too.</summary>
internal sealed class LogKey : IDisposable
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private LogKey(ECDsa key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        Pem = key.ExportSubjectPublicKeyInfoPem();
    }

    /// <summary>SHA-256 of the public key (SubjectPublicKeyInfo), in hexadecimal.</summary>
    public string Id { get; }

    /// <summary>The public key.</summary>
    public string Pem { get; }

    /// <summary>Names the log of this key.</summary>
    public string Origin => $"sightpay-receipts/{Id[..16]}";

    /// <summary>The installation's own, from <c>keys/receipt-log.pem</c>; made at the first start.</summary>
    /// <exception cref="InvalidOperationException">The file is not a key.</exception>
    public static LogKey Open(string dataFolder)
    {
        const string name = "receipt-log.pem";
        var pem = Encoding.ASCII.GetString(KeyFile.Open(dataFolder, name, Make));
        return Read(pem) ?? throw new InvalidOperationException(
            $"keys/{name} in {dataFolder} is damaged. Put the file back from a backup; without it the receipt log "
            + "cannot go on.");
    }

    /// <summary>A key from PEM text, public or private; null when the text is not an ECDSA P-256 key.</summary>
    public static LogKey? Read(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == P256) return new LogKey(key);
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException)
        {
            // Told by the null.
        }
        key.Dispose();
        return null;
    }

    public byte[] Sign(byte[] data)
    {
        lock (_gate) return _key.SignData(data, HashAlgorithmName.SHA256);
    }

    public bool HasSigned(byte[] data, byte[] signature)
    {
        lock (_gate) return _key.VerifyData(data, signature, HashAlgorithmName.SHA256);
    }

    public void Dispose() => _key.Dispose();

    public override string ToString() => $"[receipt log key {Id[..16]}]";

    private static byte[] Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem());
    }
}
