namespace SightPay.Server.People;

/// <param name="DataFolder">Holds the installation's key and the keys that protect access tokens.</param>
/// <param name="Currency">ISO 4217 code of every wallet; one per installation.</param>
public sealed record PeopleSettings(string DataFolder, string Currency)
{
    /// <summary>True when nobody else uses or copies the PostgreSQL: its log may be ended at will.</summary>
    public bool OwnsPostgres { get; init; }

    /// <summary>PBKDF2-HMAC-SHA512 rounds; OWASP's password storage cheat sheet asks for 210,000.</summary>
    public int PasswordIterations { get; init; } = 210_000;

    public TimeSpan AccessTokenLife { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>A session that is not refreshed for this long is over.</summary>
    public TimeSpan SessionLife { get; init; } = TimeSpan.FromDays(30);

    /// <summary>A used refresh token still gives its successor for this long: two tabs, a lost answer.</summary>
    public TimeSpan RefreshGrace { get; init; } = TimeSpan.FromSeconds(30);
}
