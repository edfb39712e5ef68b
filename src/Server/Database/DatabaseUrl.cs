using Npgsql;

namespace SightPay.Server.Database;

/// <summary>Reads DATABASE_URL: Npgsql's key=value form, or a postgresql:// address as other tools write it.</summary>
internal static class DatabaseUrl
{
    private const string Advice =
        "DATABASE_URL must look like postgresql://user:password@host:5432/name or "
        + "Host=host;Username=user;Password=password;Database=name";

    /// <exception cref="StoreException">The value cannot be used; the message never quotes it.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string value)
    {
        var text = value.Trim();
        try
        {
            foreach (var scheme in new[] { "postgresql://", "postgres://" })
            {
                if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
                    return OfAddress(text[scheme.Length..]);
            }
            var builder = new NpgsqlConnectionStringBuilder(text);
            // libpq's form parts its settings by blanks, so that all of it would be taken for the host.
            return string.IsNullOrWhiteSpace(builder.Host) || builder.Host.Contains('=')
                ? throw new StoreException($"{Advice}: the host is missing.")
                : builder;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or OverflowException)
        {
            throw new StoreException($"{Advice}.");
        }
    }

    /// <summary>[user[:password]@][host[:port][,...]][/name][?key=value&amp;...], each piece percent-encoded.</summary>
    private static NpgsqlConnectionStringBuilder OfAddress(string address)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var (rest, query) = Cut(address, address.IndexOf('?'));
        var (authority, name) = Cut(rest, rest.IndexOf('/'));
        var (left, right) = Cut(authority, authority.LastIndexOf('@'));
        var (user, hosts) = right is null ? (null, left) : (left, right);
        if (user is not null)
        {
            var (account, password) = Cut(user, user.IndexOf(':'));
            builder.Username = Uri.UnescapeDataString(account);
            if (password is not null)
                builder.Password = Uri.UnescapeDataString(password);
        }
        if (hosts.Length > 0)
            SetHosts(builder, hosts);
        if (!string.IsNullOrEmpty(name))
            builder.Database = Uri.UnescapeDataString(name);
        foreach (var pair in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, setting) = Cut(pair, pair.IndexOf('='));
            Set(builder, Uri.UnescapeDataString(key), Uri.UnescapeDataString(setting ?? ""));
        }
        return string.IsNullOrEmpty(builder.Host)
            ? throw new StoreException($"{Advice}: the host is missing.")
            : builder;
    }

    /// <summary>One host may carry its port apart; several are handed on as Npgsql writes them.</summary>
    private static void SetHosts(NpgsqlConnectionStringBuilder builder, string hosts)
    {
        if (hosts.Contains(','))
        {
            builder.Host = string.Join(',', hosts.Split(',').Select(Uri.UnescapeDataString));
            return;
        }
        var colon = hosts.LastIndexOf(':');
        var isPort = colon > hosts.LastIndexOf(']') && colon >= 0;
        var host = Uri.UnescapeDataString(isPort ? hosts[..colon] : hosts);
        builder.Host = host.Trim('[', ']');
        if (isPort && colon + 1 < hosts.Length)
            builder.Port = int.Parse(hosts[(colon + 1)..]);
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string key, string value)
    {
        switch (key)
        {
            case "host": builder.Host = value; break;
            case "port": builder.Port = int.Parse(value); break;
            case "user": builder.Username = value; break;
            case "password": builder.Password = value; break;
            case "dbname": builder.Database = value; break;
            case "sslmode": builder.SslMode = SslModeOf(value); break;
            case "sslrootcert": builder.RootCertificate = value; break;
            case "sslcert": builder.SslCertificate = value; break;
            case "sslkey": builder.SslKey = value; break;
            case "connect_timeout": builder.Timeout = int.Parse(value); break;
            case "application_name": builder.ApplicationName = value; break;
            case "options": builder.Options = value; break;
            case "target_session_attrs": builder.TargetSessionAttributes = value; break;
            default:
                throw new StoreException(
                    $"DATABASE_URL has the unknown parameter \"{key}\": leave it out, or use Npgsql's key=value form.");
        }
    }

    private static SslMode SslModeOf(string value) => value switch
    {
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "prefer" => SslMode.Prefer,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new StoreException(
            "DATABASE_URL has an unknown sslmode: use disable, allow, prefer, require, verify-ca or verify-full."),
    };

    private static (string Left, string? Right) Cut(string text, int at) =>
        at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
}
