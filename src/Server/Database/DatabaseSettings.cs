namespace SightPay.Server.Database;

/// <summary>Where the store is.</summary>
/// <param name="Url">DATABASE_URL in either form; null: the server runs a private PostgreSQL of its own.</param>
/// <param name="DataFolder">Holds the private PostgreSQL.</param>
/// <param name="Durable">False only in tests: PostgreSQL then skips fsync and may lose commits in a power cut.</param>
/// <param name="BuiltPostgres">PostgreSQL that came with the build, used where the system has none.</param>
public sealed record DatabaseSettings(
    string? Url, string DataFolder, bool Durable = true, string? BuiltPostgres = null)
{
    /// <summary>Never the address: it may hold a password.</summary>
    public override string ToString() => Url is null ? "private PostgreSQL" : "PostgreSQL of DATABASE_URL";
}

/// <summary>The store cannot be opened as things are; the message says in one sentence what to do.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
