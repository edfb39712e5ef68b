using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SightPay.Server.Database;

namespace SightPay.Server.Web;

/// <summary>
/// The certificate of https addresses: the one of SIGHTPAY_CERTIFICATE, or a self-made one that is kept in the data
/// folder, so that a phone that once trusted it finds it again.
/// </summary>
internal static class ServerCertificate
{
    private static readonly TimeSpan _lifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan _renewBefore = TimeSpan.FromDays(30);

    /// <exception cref="SettingsException">The file is no certificate with its key.</exception>
    public static X509Certificate2 Load(Settings settings, TimeProvider clock) =>
        settings.Certificate is { } path ? LoadOwn(path, settings.CertificateKey) : SelfMade(settings, clock);

    private static X509Certificate2 LoadOwn(string path, string? keyPath)
    {
        try
        {
            return Path.GetExtension(path).ToLowerInvariant() is ".pfx" or ".p12"
                ? X509CertificateLoader.LoadPkcs12FromFile(path, null)
                : X509Certificate2.CreateFromPemFile(path, keyPath);
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException(
                $"SIGHTPAY_CERTIFICATE {path} holds no certificate with its key: give a PEM file with both (or the key "
                + "in SIGHTPAY_CERTIFICATE_KEY), or a PFX file without password.");
        }
    }

    private static X509Certificate2 SelfMade(Settings settings, TimeProvider clock)
    {
        var path = Path.Combine(settings.DataFolder, "certificate.pem");
        if (File.Exists(path))
        {
            var kept = X509Certificate2.CreateFromPemFile(path);
            if (kept.NotAfter.ToUniversalTime() > (clock.GetUtcNow() + _renewBefore).UtcDateTime)
                return kept;
            kept.Dispose();
        }
        Directory.CreateDirectory(settings.DataFolder);
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = Posix.OwnerOnly,
        };
        using (var writer = new StreamWriter(path, options))
            writer.Write(Make(clock.GetUtcNow()));
        return X509Certificate2.CreateFromPemFile(path);
    }

    /// <summary>Good for this machine's names and addresses.</summary>
    private static string Make(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=SightPay", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        if (Uri.CheckHostName(Environment.MachineName) == UriHostNameType.Dns)
            names.AddDnsName(Environment.MachineName);
        foreach (var address in OwnAddresses())
            names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "Server authentication")], false));
        // A day's grace for phones whose clock is behind.
        using var certificate = request.CreateSelfSigned(now - TimeSpan.FromDays(1), now + _lifetime);
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private static IEnumerable<IPAddress> OwnAddresses()
    {
        try
        {
            return NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(network => network.GetIPProperties().UnicastAddresses)
                .Select(address => address.Address)
                .Where(address => !address.IsIPv6LinkLocal)
                .Append(IPAddress.Loopback)
                .Distinct()
                .ToList();
        }
        catch (NetworkInformationException)
        {
            return [IPAddress.Loopback];
        }
    }
}
