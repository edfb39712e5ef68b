namespace SightPay.Server.Database;

/// <summary>
/// The account PostgreSQL runs under. PostgreSQL refuses to run as root, so root lends it an unprivileged account;
/// everybody else runs it as themself.
/// </summary>
internal sealed record PostgresAccount(string? Name, uint User, uint Group)
{
    /// <summary>Ourselves.</summary>
    public static readonly PostgresAccount Ourselves = new(null, 0, 0);

    /// <param name="cluster">An existing cluster keeps the account that owns it.</param>
    public static async Task<PostgresAccount> ChooseAsync(string? cluster, CancellationToken ct)
    {
        if (!Posix.IsRoot)
            return Ourselves;
        var accounts = File.ReadLines("/etc/passwd")
            .Select(line => line.Split(':'))
            .Where(fields => fields.Length > 3)
            .Select(fields => new PostgresAccount(fields[0], uint.Parse(fields[2]), uint.Parse(fields[3])))
            .ToList();
        if (cluster is not null)
        {
            var (_, owner) = await Posix.RunAsync(["stat", "-c", "%u", cluster], ct);
            return accounts.Find(account => account.User.ToString() == owner.Trim() && account.User != 0)
                ?? throw new StoreException(
                    $"The database in {cluster} belongs to account {owner.Trim()}, which this machine does not know; "
                    + "give it to an existing account with chown, or set DATABASE_URL.");
        }
        return accounts.Find(account => account.Name == "postgres")
            ?? accounts.Find(account => account.Name == "nobody")
            ?? throw new StoreException(
                "PostgreSQL does not run as root and there is neither an account postgres nor nobody: start SightPay "
                + "as an ordinary user, or set DATABASE_URL.");
    }

    /// <summary>The words that run a command as this account, without any privilege.</summary>
    public string[] Run(params string[] command) => Name is null
        ? command
        :
        [
            "setpriv", $"--reuid={User}", $"--regid={Group}", "--clear-groups", "--inh-caps=-all", "--no-new-privs",
            "--", .. command,
        ];

    /// <summary>Gives a file or folder to the account.</summary>
    public void Give(string path)
    {
        if (Name is not null && Posix.ChangeOwner(path, User, Group) != 0)
            throw new StoreException(
                $"Root may not give {path} to account {Name} here: start SightPay as an ordinary user, or set "
                + "DATABASE_URL.");
    }
}
