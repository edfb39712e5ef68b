using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SightPay.Station.Sending;

/// <summary>How the agent reaches its server.</summary>
internal static class ServerConnection
{
    /// <summary>
    /// With a certificate given, that one alone is taken, whatever name and date it bears: it was handed over by hand.
    /// </summary>
    /// <exception cref="AgentException">The certificate cannot be read.</exception>
    public static SocketsHttpHandler Handler(AgentSettings settings)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A server that moved is found again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (settings.Certificate is not { } file) return handler;
        var pinned = Load(file).GetCertHash(HashAlgorithmName.SHA256);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            shown is not null
            && CryptographicOperations.FixedTimeEquals(pinned, shown.GetCertHash(HashAlgorithmName.SHA256));
        return handler;
    }

    private static X509Certificate2 Load(string file)
    {
        try
        {
            return X509CertificateLoader.LoadCertificateFromFile(file);
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new AgentException($"The certificate {file} cannot be read: {fault.Message}", fault);
        }
    }
}
